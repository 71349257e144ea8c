#!/bin/sh
# Renders a draft and watches it with curl alone.
#
#   sh curl.sh DRAFT_URL
#
# Each event is printed as it comes. When the connection breaks, the id of the last event goes back
# as Last-Event-ID, and the server goes on from there.
server=${DRAFTCAST_SERVER:-http://127.0.0.1:8000}
place=$(mktemp)
trap 'rm -f "$place"' EXIT

curl -sS "$server/v1/gen_video" -H 'Content-Type: application/json' -H 'Accept-Language: en' \
  -d "{\"draft_url\": \"$1\"}" || exit 1
echo

while :; do
  curl -sSNG "$server/graphql" -H 'Accept: text/event-stream' -H "Last-Event-ID: $(cat "$place")" \
    --data-urlencode 'query=subscription Watch($draftUrl: URL) {
      videoTaskProgress(draftUrl: $draftUrl) { seq status stage progress task { videoUrl } }
    }' \
    --data-urlencode "variables={\"draftUrl\": \"$1\"}" |
    while read -r field value; do
      case $field in
        data:) [ -z "$value" ] || echo "$value" ;;
        id:) echo "$value" >"$place" ;;
        event:) [ "$value" != complete ] || exit 3 ;;
      esac
    done
  [ $? != 3 ] || exit 0
  sleep 1
done
