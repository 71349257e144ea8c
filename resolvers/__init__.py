"""One question, one service call; shared by GraphQL and REST."""
