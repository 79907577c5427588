// Brings what changed on the server into the lists of messages, one message at a time.

import { here, read } from './server.js';
import { parse, putMessage, sticking } from './swap.js';

const underWay = new Map();

async function fetchMessage(list, change) {
  const inside = list.id === 'replies' ? 'thread' : 'channel';
  const html = await read(`/page/message/${change.channel}/${change.ts}?in=${inside}`);
  if (html === null || !list.isConnected || change.channel !== here.channel) return;
  const row = parse(html).querySelector('[data-ts]');
  sticking(list, () => putMessage(list, change.ts, row));
}

// One fetch per message at a time; a change in between makes one more, so the last one always wins.
async function update(list, change) {
  const name = `${list.id} ${change.channel} ${change.ts} ${here.person}`;
  if (underWay.has(name)) {
    underWay.set(name, 'again');
    return;
  }
  do {
    underWay.set(name, 'once');
    await fetchMessage(list, change);
  } while (underWay.get(name) === 'again');
  underWay.delete(name);
}

/** Bring one changed message of this channel into the channel's list and the open thread's. */
export function messageChanged(change) {
  const [messages, replies] = ['messages', 'replies'].map((id) => document.getElementById(id));
  const isReply = change.thread && change.thread !== change.ts;
  if (messages && !isReply) update(messages, change);
  if (replies && (change.thread ?? change.ts) === here.thread) update(replies, change);
}
