// Pages bring themselves up to date. One tab of the browser holds the one stream of events (HTTP/1.1 allows six
// connections to a host) and tells the others; which tab it is, a lock decides, so that another one takes over when it
// is closed. An event only says THAT something moved: the page then fetches itself and puts in what differs.

import { tell } from "./times.js";

const root = document.body;
const channel = new BroadcastChannel("podium-live");
const known = { seq: Number(root.dataset.seq ?? 0), errands: Number(root.dataset.errands ?? 0), needs: null, sizes: {}, lost: false };
const listeners = new Set();
let stream = null;
let leading = false;
let wanted = false;
let fetching = null;
let retry = 0;

/** Call `act(sizes)` when transcripts grew; `sizes` maps "run.round" to bytes. */
export function onGrowth(act) {
  listeners.add(act);
  if (Object.keys(known.sizes).length) act(known.sizes);
}

function take(news) {
  if (news.lost !== undefined) showConnection(news.lost);
  if (news.seq !== undefined) root.dataset.beats = "on"; // the stream is heard: from here on nothing is missed
  if (news.needs !== undefined) showNeeds(news.needs, news.first ?? "");
  if (news.sizes) {
    Object.assign(known.sizes, news.sizes);
    for (const act of listeners) act(news.sizes);
  }
  if (news.seq !== undefined) {
    known.seq = news.seq;
    known.errands = news.errands ?? known.errands;
    if (behind()) schedule();
  }
}

/** Whether the page shows less than what is known. */
function behind() {
  return Number(root.dataset.seq ?? 0) !== known.seq || Number(root.dataset.errands ?? 0) !== known.errands;
}

function announce(news) {
  take(news);
  channel.postMessage(news);
}

channel.addEventListener("message", ({ data }) => {
  if (data.ask) {
    if (leading) channel.postMessage({ seq: known.seq, errands: known.errands, needs: known.needs ?? undefined, sizes: known.sizes, lost: known.lost });
  } else {
    take(data);
  }
});

function connect() {
  stream?.close();
  stream = new EventSource(`/events?after=${known.seq}`);
  stream.addEventListener("open", () => {
    clearTimeout(retry);
    announce({ lost: false });
  });
  stream.addEventListener("moved", (event) => announce(JSON.parse(event.data)));
  stream.addEventListener("grew", (event) => announce({ sizes: JSON.parse(event.data) }));
  stream.addEventListener("error", () => {
    announce({ lost: true });
    clearTimeout(retry);
    retry = setTimeout(connect, 1500); // also where the browser itself has given up
  });
}

navigator.locks.request("podium-stream", () => {
  leading = true;
  connect();
  return new Promise((release) => addEventListener("pagehide", () => { stream?.close(); release(); }, { once: true }));
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
channel.postMessage({ ask: true });

// --- what is shown -----------------------------------------------------------------------------------------------

const bar = document.getElementById("connection");

function showConnection(lost) {
  if (lost === known.lost) return;
  known.lost = lost;
  bar.hidden = !lost;
  bar.textContent = lost ? "Connection lost, trying again. What you see may be out of date." : "";
  if (!lost) schedule();
}

const count = document.getElementById("attention-count");
const title = document.title;

function showNeeds(needs, first) {
  const more = known.needs !== null && needs > known.needs;
  known.needs = needs;
  count.hidden = needs === 0;
  count.textContent = String(needs);
  document.title = needs ? `(${needs}) ${title}` : title;
  if (more) {
    const live = document.getElementById("news");
    live.textContent = needs === 1 ? `One thing needs you: ${first}` : `${needs} things need you. First: ${first}`;
  }
}

function schedule() {
  if (wanted) return;
  wanted = true;
  setTimeout(() => { wanted = false; refresh(); }, 120);
}

/** Bring the live parts of this page up to date. One page is fetched at a time: an older one never comes last. */
export async function refresh() {
  while (fetching) {
    await fetching;
    if (Number(root.dataset.seq ?? 0) >= known.seq && Number(root.dataset.errands ?? 0) === known.errands) return;
  }
  fetching = load().finally(() => { fetching = null; });
  await fetching;
}

async function load() {
  if (!document.querySelector("[data-live]")) return;
  let answer;
  try {
    answer = await fetch(location.href, { headers: { accept: "text/html" } });
  } catch {
    return; // the stream notices as well, and says so
  }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other) morph(part, other);
  }
  root.dataset.seq = fresh.body.dataset.seq;
  root.dataset.errands = fresh.body.dataset.errands ?? "0";
  tell();
  document.dispatchEvent(new CustomEvent("podium:fresh"));
}

/** Make `old` like `fresh`, keeping elements (and with them focus, typed text and open details) where they match. */
export function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  const keyed = new Map([...old.children].filter((each) => each.id).map((each) => [each.id, each]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? keyed.get(next.id) : at && !at.id && alike(at, next) ? at : null;
    if (!same) {
      old.insertBefore(document.importNode(next, true), at);
      continue;
    }
    if (same !== at) old.insertBefore(same, at);
    else at = at.nextSibling;
    if (same.nodeType === Node.ELEMENT_NODE) morph(same, next);
    else if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function attributes(old, fresh) {
  for (const { name, value } of [...fresh.attributes]) {
    if (name === "open" && old.nodeName === "DETAILS") continue;
    if (name === "class" && old.classList.contains("at")) {
      old.setAttribute("class", `${value} at`);
      continue;
    }
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (fresh.hasAttribute(name) || (name === "open" && old.nodeName === "DETAILS")) continue;
    if (name === "tabindex" || name === "aria-busy" || (name === "title" && old.nodeName === "TIME")) continue;
    if (name === "class" && old.classList.contains("at")) { old.setAttribute("class", "at"); continue; }
    old.removeAttribute(name);
  }
}
