// The web inbox: one WebSocket to the gateway, and what it tells drawn with textContent alone.
"use strict";

const stream = document.querySelector('meta[name="sayso-stream"]').content;
const at = (id) => document.getElementById(id);
const approvals = new Map(); // id -> the approval as it was told last
const cards = new Map(); // id -> its card
const answers = new Map(); // ref -> who waits for the answer
let key = null; // in memory alone
let mayDecide = false;
let socket = null;
let lastEvent = null; // where to go on from after a lost connection
let told = new Set(); // what came since we began to follow
let isWhole = true; // whether that is all that waits, or only what changed meanwhile
let clockAhead = 0; // the gateway's clock minus ours, in ms
let heardAt = 0;
let heartbeat = 20_000;
let waitBeforeNext = 500;

// ---- What is not visible, or turns text around, is written out.
const HIDDEN = /[\p{C}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;
const visible = (text) => String(text).replace(HIDDEN, (sign) => sign === "\n" ? sign
  : `⟦U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
const write = (element, text) => { element.textContent = visible(text); };

// ---- The connection.
function connect() {
  socket = new WebSocket(stream);
  socket.onopen = () => say({ type: "hello", key });
  socket.onmessage = (event) => { heardAt = Date.now(); hear(JSON.parse(event.data)); };
  socket.onclose = (event) => lost(event);
}

function say(message) { socket.send(JSON.stringify(message)); }

function follow(after) {
  told = new Set();
  isWhole = after === null;
  say({ type: "follow", ref: "follow", after });
}

function hear(message) {
  if (message.event_id) lastEvent = message.event_id;
  switch (message.type) {
    case "welcome": return welcome(message);
    case "approval": return learn(message.approval);
    case "followed": return followed();
    case "resync": return resync(message);
    case "reply": return settle(message.ref, (waits) => waits.resolve(message.body));
    case "problem": return problem(message);
  }
}

function welcome(message) {
  mayDecide = message.key.scopes.includes("decide");
  clockAhead = Date.parse(message.at) - Date.now();
  heartbeat = message.heartbeat_s * 1000;
  waitBeforeNext = 500;
  at("enter").hidden = true;
  at("inbox").hidden = false;
  trouble("");
  write(at("connection"), `Connected as ${message.key.owner}`);
  follow(lastEvent);
}

function followed() {
  if (!isWhole) return;
  // All that waits was told: what was not among it has ended meanwhile.
  for (const [id, known] of approvals) {
    if (known.status === "pending" && !told.has(id)) forget(id);
  }
}

function resync(message) {
  isWhole = true;
  if (message.ref === null) follow(null);
}

function problem(message) {
  if (message.ref !== null && answers.has(message.ref)) {
    return settle(message.ref, (waits) => waits.reject(new Error(message.problem.detail)));
  }
  trouble(message.problem.detail);
}

function lost(event) {
  for (const ref of [...answers.keys()]) {
    settle(ref, (waits) => waits.reject(new Error("The connection was lost; look before you try again.")));
  }
  if (event.code === 4401) {
    key = null;
    at("enter").hidden = false;
    at("inbox").hidden = true;
    write(at("connection"), "Not connected");
    return trouble(event.reason || "This key is not in force.");
  }
  write(at("connection"), "Connection lost; connecting again…");
  setTimeout(connect, waitBeforeNext * (0.5 + Math.random()));
  waitBeforeNext = Math.min(2 * waitBeforeNext, 30_000);
}

function call(operation, id, body) {
  const ref = crypto.randomUUID();
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) return reject(new Error("Not connected just now."));
    answers.set(ref, { resolve, reject });
    say({ type: "call", ref, operation, id, body });
  });
}

function settle(ref, how) {
  const waits = answers.get(ref);
  answers.delete(ref);
  if (waits) how(waits);
}

function trouble(text) {
  write(at("trouble"), text);
  at("trouble").hidden = !text;
}

// ---- What is known of requests, and their cards.
function learn(approval) {
  told.add(approval.id);
  const known = approvals.get(approval.id);
  if (known && known.version > approval.version) return; // an older state, told late
  if (!known && approval.status !== "pending") return; // nothing that was shown here
  approvals.set(approval.id, approval);
  draw(approval, known);
}

function forget(id) {
  approvals.delete(id);
  cards.get(id)?.remove();
  cards.delete(id);
  count();
}

function card(approval) {
  const made = at("card").content.firstElementChild.cloneNode(true);
  const part = (name) => made.querySelector(`.${name}`);
  part("open").addEventListener("click", () => review(approval.id));
  part("approve").addEventListener("click", () => decide(approval.id, "approve"));
  part("reject").addEventListener("click", () => decide(approval.id, "reject"));
  cards.set(approval.id, made);
  at("waiting").append(made);
  return made;
}

function draw(approval, before) {
  const made = cards.get(approval.id) ?? card(approval);
  const part = (name) => made.querySelector(`.${name}`);
  write(part("tool"), approval.tool);
  write(part("asker"), approval.agent + (approval.person ? ` for ${approval.person}` : ""));
  write(part("channel"), approval.channel_name);
  write(part("decisions"), approval.decisions.map((each) =>
    `${each.by}: ${each.verdict}${each.reason ? ` (${each.reason})` : ""}`).join("; ") || "nobody yet");
  part("says").hidden = !approval.reason;
  write(part("says").querySelector("p"), approval.reason ?? "");
  if (before && before.version < approval.version) closeReview(made, "It changed; review it again.");
  if (approval.status !== "pending") return ended(approval, made);
  part("open").hidden = !mayDecide || !part("review").hidden;
  clock();
  count();
}

function ended(approval, made) {
  const by = approval.outcome?.by ?? approval.decisions.at(-1)?.by;
  closeReview(made, "");
  made.querySelector(".open").hidden = true;
  made.querySelector(".left").textContent = "";
  const why = approval.outcome?.reason ? `: ${approval.outcome.reason}` : "";
  write(made.querySelector(".told"), `${approval.status.replace("_", " ")}${by ? ` by ${by}` : ""}${why}`);
  at("settled").prepend(made);
  count();
}

function closeReview(made, why) {
  const review = made.querySelector(".review");
  if (!review.hidden) write(made.querySelector(".told"), why);
  review.hidden = true;
  made.seen = null;
  made.querySelector(".open").hidden = !mayDecide;
}

async function review(id) {
  const made = cards.get(id);
  try {
    const found = await call("reviewApproval", id);
    made.seen = { seen: found.seen, digest: found.digest, alike: found.alike };
    write(made.querySelector(".arguments"), JSON.stringify(found.approval.args, null, 2));
    made.querySelector(".alike").hidden = !found.alike;
    write(made.querySelector(".alike"), `One decision decides ${found.alike} identical calls besides this one.`);
    made.querySelector(".review").hidden = false;
    made.querySelector(".open").hidden = true;
    write(made.querySelector(".told"), "");
    made.querySelector(".arguments").focus();
  } catch (failure) {
    write(made.querySelector(".told"), failure.message);
  }
}

async function decide(id, verdict) {
  const made = cards.get(id);
  const buttons = made.querySelectorAll(".review button");
  const reason = made.querySelector(".reason").value.trim();
  buttons.forEach((button) => { button.disabled = true; });
  write(made.querySelector(".told"), "Saving…");
  try {
    learn(await call("decideApproval", id, { verdict, ...made.seen, reason: reason || null }));
    if (approvals.get(id).status === "pending") write(made.querySelector(".told"), "Saved; others have to decide too.");
  } catch (failure) {
    write(made.querySelector(".told"), failure.message);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

function count() {
  const waiting = at("waiting").childElementCount;
  at("nothing").hidden = waiting > 0;
  at("past").hidden = at("settled").childElementCount === 0;
  document.title = waiting ? `(${waiting}) Approvals` : "Approvals";
}

function clock() {
  for (const [id, approval] of approvals) {
    if (approval.status !== "pending") continue;
    const left = Math.max(0, Date.parse(approval.expires_at) - Date.now() - clockAhead);
    const place = cards.get(id).querySelector(".left");
    const seconds = Math.floor(left / 1000);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
    if (place.textContent !== text) place.textContent = text;
    place.classList.toggle("soon", seconds < 60);
  }
}

setInterval(() => {
  clock();
  // Whoever is silent for twice as long as promised is gone, whatever the system says.
  if (socket?.readyState === WebSocket.OPEN && Date.now() - heardAt > 2 * heartbeat) socket.close();
}, 1000);

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  key = at("key").value.trim();
  at("key").value = "";
  lastEvent = null;
  [...approvals.keys()].forEach(forget);
  write(at("connection"), "Connecting…");
  connect();
});
