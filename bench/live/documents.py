"""What is asked of every server: ten fields, some 330 bytes."""

WATCH = """subscription Watch($id: ID!) { videoTaskProgress(id: $id) {
  id seq type at status stage progress attempt task { draftUrl updatedAt } } }"""
ASK = """query Ask($id: ID!) { videoTask(id: $id) {
  id draftUrl status stage progress attempt seq createdAt updatedAt videoUrl } }"""
DRAFT_URL = "http://drafts.example/openapi/capcut-mate/v1/get_draft?draft_id=2026110112000{number:07d}"
