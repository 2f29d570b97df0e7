#!/bin/sh
# One page: who serves it, how often it was seen, and what visitors wrote. Speaks Redis' protocol through nc.

redis() { timeout 3 nc "${REDIS_SERVICE_HOST:-redis}" "${REDIS_SERVICE_PORT:-6379}" 2>/dev/null; }

# A command as Redis wants it when its words may hold anything: lengths in bytes before each word.
resp() {
  printf '*%d\r\n' $#
  for word; do printf '$%d\r\n%s\r\n' "$(printf %s "$word" | wc -c)" "$word"; done
}

if [ "$REQUEST_METHOD" = POST ]; then
  body=$(head -c "$(( CONTENT_LENGTH > 2000 ? 2000 : CONTENT_LENGTH ))")
  entry=$(httpd -d "$(printf %s "${body#*entry=}" | tr + ' ')" | tr -d '\r\n' | cut -c 1-200)
  [ -n "$entry" ] && { resp LPUSH entries "$entry"; resp LTRIM entries 0 99; resp QUIT; } | redis >/dev/null
  printf 'Status: 303 See Other\r\nLocation: /\r\n\r\n'
  exit
fi

answer=$({ resp INCR visits; resp LRANGE entries 0 19; resp QUIT; } | redis | tr -d '\r')
visits=$(printf '%s\n' "$answer" | sed -n '1s/^://p')
entries=$(printf '%s\n' "$answer" | sed '1d;/^\*/d;/^\$[0-9]*$/d;/^+OK$/d;s/&/\&amp;/g;s/</\&lt;/g;s/>/\&gt;/g;s/.*/<li>&<\/li>/')
if [ -n "$visits" ]; then
  state="<p class=count><b>$visits</b> visits so far, counted in Redis</p>"
else
  state="<p class=bad>Redis does not answer yet; nothing can be kept.</p>"
fi

printf 'Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nX-Pod: %s\r\n\r\n' "$(hostname)"
cat <<PAGE
<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Guestbook on Shiplog</title>
<style>
  body { font: 17px/1.5 system-ui, sans-serif; color: #1c2733; background: #f3f6f9; margin: 0 }
  main { max-width: 36rem; margin: 3rem auto; background: #fff; padding: 1.5rem 2rem 2rem; border-radius: 10px; box-shadow: 0 2px 12px #0002 }
  h1 { font-size: 1.5rem; margin: 0 0 .3rem }
  .pod { color: #57697a; margin: 0 0 1rem }
  code { background: #e8eef4; padding: .1em .4em; border-radius: 4px }
  form { display: flex; gap: .5rem; margin: 1.2rem 0 }
  input { flex: 1; font: inherit; padding: .45rem .7rem; border: 1px solid #b9c6d2; border-radius: 6px }
  button { font: inherit; padding: .45rem 1.1rem; border: 0; border-radius: 6px; background: #1565c0; color: #fff }
  ul { padding: 0; list-style: none; margin: 0 }
  li { border-top: 1px solid #e3eaf0; padding: .45rem 0; overflow-wrap: anywhere }
  .bad { color: #b3261e }
</style>
<main>
  <h1>Guestbook</h1>
  <p class=pod>Served by pod <code>$(hostname)</code>${NODE_NAME:+ on <code>$NODE_NAME</code>}</p>
  $state
  <form method=post action="/cgi-bin/index.cgi"><input name=entry placeholder="Leave a line" maxlength=120 autofocus><button>Sign</button></form>
  <ul>$entries</ul>
</main>
</html>
PAGE
