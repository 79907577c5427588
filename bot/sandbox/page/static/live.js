// The socket on which the server names what changed. Reconnects by itself; whoever listens is told
// when something may have been missed.

import { asPerson, here } from './server.js';

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5000;

/** Listen for changes; `onChange(change)` for each, `onGap()` when the page may be behind. */
export function listen({ onChange, onGap, onConnection }) {
  let version = document.body.dataset.version;
  let wait = RETRY_MIN_MS;
  let socket = null;

  function connect() {
    const url = asPerson('/page/live');
    url.protocol = url.protocol.replace('http', 'ws');
    socket = new WebSocket(url);
    // The address names whoever the page was when the socket was asked for; it may be another by now.
    socket.onopen = () => socket.send(here.person);
    socket.onmessage = (frame) => {
      const change = JSON.parse(frame.data);
      if (change.kind === 'hello') {
        wait = RETRY_MIN_MS;
        onConnection(true);
        if (change.version !== version) onGap();
      } else {
        onChange(change);
      }
      version = change.version;
    };
    socket.onclose = () => {
      onConnection(false);
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, RETRY_MAX_MS);
    };
  }

  connect();
  return {
    /** The person at the page became another one. */
    personChanged() {
      if (socket.readyState === WebSocket.OPEN) socket.send(here.person);
    },
  };
}
