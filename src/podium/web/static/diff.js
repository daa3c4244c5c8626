// <podium-diff>: a long sheet of rows in blocks. Blocks near the window are fetched and drawn by the server, blocks far
// away give their rows back and keep their height. Everything else on the page talks to the diff by hunk ids.
//
// Events (they bubble): podium:ready (the index is here), podium:block (a block was drawn), podium:at (another hunk).

const NEAR = "1400px 0px";
const FAR = "7000px 0px";
const AGAIN = 900; // milliseconds until colours that were being made are asked for

class PodiumDiff extends HTMLElement {
  connectedCallback() {
    if (this.blocks) return;
    this.size = Number(this.dataset.block);
    this.hunks = new Map(); // id -> { id, start, rows, lines, least, mark, file }
    this.order = [];
    this.blocks = [];
    this.current = "";
    this.going = ""; // the hunk that is being brought: nobody can have read it yet
    this.shown = new Set(); // blocks with rows
    this.expanded = new Map(); // hunk id -> { up, down }
    this.expanding = new Map(); // hunk id and way -> the last of the expansions that were asked for
    this.near = new IntersectionObserver((seen) => this.#near(seen), { rootMargin: NEAR });
    this.far = new IntersectionObserver((seen) => this.#far(seen), { rootMargin: FAR });
    this.addEventListener("click", (event) => this.#click(event));
    this.#lay(Number(this.dataset.rows), this.querySelector(".rows"));
    this.ready = this.#index();
  }

  address(part, more = {}) {
    const { run, round, order, view } = this.dataset;
    return `${this.dataset.at}/${part}?${new URLSearchParams({ run, round, order, view, ...more })}`;
  }

  // --- blocks ------------------------------------------------------------------------------------------------------

  #lay(rows, first) {
    this.near.disconnect();
    this.far.disconnect();
    this.shown.clear();
    this.total = rows;
    this.blocks = [];
    for (let from = 0; from < rows || from === 0; from += this.size) {
      const element = from === 0 && first ? first : document.createElement("div");
      element.className = "rows";
      element.dataset.from = String(from);
      const block = { element, from, to: Math.min(rows, from + this.size), drawn: element === first, loading: null };
      element.block = block;
      this.blocks.push(block);
      if (!block.drawn) this.#away(block, (block.to - from) * 20.6);
    }
    this.replaceChildren(...this.blocks.map((block) => block.element));
    for (const block of this.blocks) {
      if (block.drawn) this.shown.add(block);
      this.near.observe(block.element);
    }
    for (const block of this.shown) this.far.observe(block.element); // what is watched costs time in every frame
    if (this.blocks[0].drawn && this.hasAttribute("data-plain")) setTimeout(() => this.#recolour(this.blocks[0]), AGAIN);
  }

  #away(block, height) {
    block.element.classList.add("away");
    block.element.style.height = `${Math.max(1, Math.round(height))}px`;
  }

  #near(seen) {
    for (const { target, isIntersecting } of seen) if (isIntersecting) this.draw(target.block);
  }

  #far(seen) {
    for (const { target, isIntersecting, boundingClientRect } of seen) {
      const block = target.block;
      if (isIntersecting || !block.drawn || target.contains(document.activeElement)) continue;
      block.drawn = false;
      this.shown.delete(block);
      this.far.unobserve(target);
      this.#away(block, boundingClientRect.height);
      target.replaceChildren();
    }
  }

  /** Draw a block; resolves when its rows are there. */
  draw(block) {
    if (block.drawn) return Promise.resolve();
    block.loading ??= this.#fetch(block).finally(() => { block.loading = null; });
    return block.loading;
  }

  async #fetch(block) {
    const answer = await this.#ask(block);
    if (!answer || block.drawn || block.element.parentNode !== this) return;
    block.element.innerHTML = answer.html;
    block.element.classList.remove("away");
    block.element.style.height = "";
    block.drawn = true;
    this.shown.add(block);
    this.far.observe(block.element);
    this.#dress(block);
    if (answer.plain) setTimeout(() => this.#recolour(block), AGAIN);
  }

  async #ask(block, { still = false } = {}) {
    try {
      const more = { from: block.from, to: block.to, ...(this.key ? { key: this.key } : {}) };
      const answer = await fetch(this.address("rows", more), { headers: { accept: "text/html, application/json" } });
      if (answer.status === 409) { // the order is another one by now
        if (!still) this.reload();
        return null;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      return { html: await answer.text(), plain: answer.headers.get("podium-plain") === "1" };
    } catch {
      setTimeout(() => { if (!block.drawn && this.#isNear(block)) this.draw(block); }, 2000);
      return null;
    }
  }

  #isNear(block) {
    const box = block.element.getBoundingClientRect();
    return box.bottom > -1500 && box.top < innerHeight + 1500;
  }

  /** Colours were not all there: put them into the lines that are shown, without moving anything. */
  async #recolour(block, tries = 6) {
    if (!block.drawn) return;
    const answer = await this.#ask(block, { still: true });
    if (!answer || !block.drawn) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = answer.html;
    const lines = block.element.querySelectorAll("section > .l[data-i] > code, section > div.s > .l[data-i] > code");
    const others = fresh.content.querySelectorAll("section > .l[data-i] > code, section > div.s > .l[data-i] > code");
    if (lines.length !== others.length) return;
    lines.forEach((line, at) => {
      if (line.innerHTML !== others[at].innerHTML) line.replaceChildren(...others[at].childNodes);
    });
    if (answer.plain && tries) setTimeout(() => this.#recolour(block, tries - 1), AGAIN * 2);
  }

  #dress(block) {
    for (const section of block.element.querySelectorAll("section.hunk")) {
      const hunk = this.hunks.get(section.dataset.hunk);
      if (hunk) this.#show(section, hunk.mark);
      section.classList.toggle("at", section.dataset.hunk === this.current);
      const wide = this.expanded.get(section.dataset.hunk);
      if (wide?.up && section.dataset.first === "0") this.#expand(section, "up", wide.up, 0);
      if (wide?.down && section.dataset.last === section.dataset.rows) this.#expand(section, "down", wide.down, 0);
    }
    this.dispatchEvent(new CustomEvent("podium:block", { bubbles: true, detail: block }));
  }

  // --- the index ---------------------------------------------------------------------------------------------------

  async #index() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    let found;
    for (let wait = 500; !found; wait = Math.min(8000, wait * 2)) {
      try {
        const answer = await fetch(this.address("index"), { headers: { accept: "application/json" } });
        if (answer.ok) found = await answer.json();
      } catch { /* tried again below */ }
      if (turn !== this.turn) return this.ready; // another order or view was asked for meanwhile: that one counts
      if (!found) await new Promise((go) => setTimeout(go, wait));
    }
    const marks = this.marks;
    this.key = found.key;
    this.files = found.files;
    this.order = found.hunks.map(([id]) => id);
    this.hunks = new Map(found.hunks.map(([id, start, rows, lines, least, mark, file, folded]) =>
      [id, { id, start, rows, lines, least, mark: marks?.get(id) ?? mark, file, folded: folded === 1 }]));
    if (found.rows !== this.total) this.#lay(found.rows, null);
    for (const block of this.shown) this.#dress(block);
    performance.mark("podium-ready");
    this.dispatchEvent(new CustomEvent("podium:ready", { bubbles: true }));
  }

  /** Another order or view; what is known of marks stays. */
  async reload(settings = {}) {
    Object.assign(this.dataset, settings);
    this.classList.toggle("split", this.dataset.view === "split");
    this.classList.toggle("unified", this.dataset.view !== "split");
    this.marks = new Map([...this.hunks].map(([id, { mark }]) => [id, mark]));
    this.key = "";
    const at = this.current;
    this.total = -1;
    await (this.ready = this.#index());
    if (at && this.hunks.has(at)) await this.go(at);
  }

  // --- hunks -------------------------------------------------------------------------------------------------------

  section(id) {
    return this.querySelector(`section[data-hunk="${CSS.escape(id)}"]`);
  }

  sections(id) {
    return [...this.querySelectorAll(`section[data-hunk="${CSS.escape(id)}"]`)];
  }

  blockOf(row) {
    return this.blocks[Math.min(this.blocks.length - 1, Math.floor(row / this.size))];
  }

  /** Bring a hunk to the top of the window and make it the one that keys are about. `row` is one of the sheet. */
  async go(id, { row = -1, line = -1, focus = true } = {}) {
    await this.ready;
    const hunk = this.hunks.get(id);
    if (!hunk) return false;
    const target = row >= 0 ? row : hunk.start;
    const block = this.blockOf(target);
    block.element.scrollIntoView({ block: "nearest" });
    this.going = id;
    await this.draw(block);
    const next = this.blockOf(target + 1);
    if (next !== block) await this.draw(next); // a file's head may be the last row of a block
    if (this.going !== id || !block.drawn) return false; // another one was asked for, or the server is away
    this.choose(id);
    const sections = this.sections(id);
    const element = line >= 0
      ? sections.map((each) => each.querySelector(`.l[data-i="${line}"]`)).find(Boolean) ?? sections[0]
      : sections[0];
    element?.scrollIntoView({ block: line >= 0 ? "center" : "start" });
    if (focus && sections[0]) {
      sections[0].tabIndex = -1;
      sections[0].focus({ preventScroll: true });
    }
    return element ?? false;
  }

  choose(id) {
    this.going = "";
    if (id === this.current) return;
    for (const each of this.querySelectorAll("section.hunk.at")) each.classList.remove("at");
    this.current = id;
    for (const each of this.sections(id)) each.classList.add("at");
    this.dispatchEvent(new CustomEvent("podium:at", { bubbles: true, detail: this.hunks.get(id) }));
  }

  step(by) {
    const at = this.order.indexOf(this.current);
    const next = at < 0 ? 0 : Math.min(this.order.length - 1, Math.max(0, at + by));
    return this.go(this.order[next]);
  }

  /** To the first hunk of the next, or of this or the one before, file. */
  stepFile(by) {
    let at = Math.max(0, this.order.indexOf(this.current));
    const file = (place) => this.hunks.get(this.order[place])?.file;
    if (by > 0) {
      const here = file(at);
      while (at < this.order.length - 1 && file(at) === here) at += 1;
    } else {
      at = Math.max(0, at - 1);
      const there = file(at);
      while (at > 0 && file(at - 1) === there) at -= 1;
    }
    return this.go(this.order[at]);
  }

  mark(id, mark) {
    const hunk = this.hunks.get(id);
    if (!hunk || hunk.mark === mark) return;
    hunk.mark = mark;
    for (const section of this.sections(id)) this.#show(section, mark);
  }

  #show(section, mark) {
    if (section.dataset.mark === mark && section.dataset.drawn === mark) return;
    section.dataset.mark = mark;
    section.dataset.drawn = mark;
    const sign = section.querySelector(":scope > .head > .mark");
    if (!sign) return;
    sign.dataset.mark = mark;
    const folded = section.hasAttribute("data-folded");
    sign.textContent = mark !== "unseen" ? mark : folded ? "folded" : "unread";
    const label = section.getAttribute("aria-label") ?? "";
    section.setAttribute("aria-label", label.replace(/, [a-z]+$/, `, ${sign.textContent}`));
  }

  // --- lines around a hunk -----------------------------------------------------------------------------------------

  #click(event) {
    const section = event.target.closest("section.hunk");
    if (!section) return;
    this.choose(section.dataset.hunk);
    if (event.target.closest("button.unfold")) this.#unfold(section);
    const way = event.target.closest(".expand, .more-lines")?.dataset.way;
    if (way) this.expand(section.dataset.hunk, way);
  }

  async #unfold(section) {
    if (section.dataset.unfolding) return; // two quick clicks show the lines once
    section.dataset.unfolding = "on";
    const answer = await fetch(this.address("unfolded", { hunk: section.dataset.hunk })).catch(() => null);
    if (!answer?.ok) {
      delete section.dataset.unfolding;
      return;
    }
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const lines = holder.content.querySelector("section")?.children ?? [];
    section.querySelector(":scope > .note.folded > button")?.remove();
    section.append(...lines);
  }

  /** Show twenty more unchanged lines above or below a hunk. */
  expand(id, way) {
    const key = `${id} ${way}`; // one after the other: the second of two quick ones begins where the first ended
    const next = (this.expanding.get(key) ?? Promise.resolve()).then(() => this.#widen(id, way)).catch(() => {});
    this.expanding.set(key, next);
    return next;
  }

  async #widen(id, way) {
    if (!this.expanded.has(id)) this.expanded.set(id, { up: 0, down: 0 });
    const wide = this.expanded.get(id);
    const sections = this.sections(id);
    const section = way === "up" ? sections[0] : sections.at(-1);
    if (section) wide[way] += await this.#expand(section, way, 20, wide[way]);
  }

  async #expand(section, way, count, shown) {
    const answer = await fetch(this.address("context", { hunk: section.dataset.hunk, way, count, shown }));
    if (!answer.ok) return 0;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const left = Number(answer.headers.get("podium-left"));
    section.querySelector(`:scope > .more-lines[data-way="${way}"]`)?.remove();
    const nodes = [...holder.content.children];
    if (left) {
      const more = document.createElement("button");
      more.type = "button";
      more.className = "more-lines";
      more.dataset.way = way;
      more.textContent = `${left.toLocaleString("en")} unmodified lines ${way === "up" ? "above" : "below"}: show more`;
      if (way === "up") nodes.unshift(more);
      else nodes.push(more);
    }
    if (way === "up") section.querySelector(":scope > .head, :scope > .pane:last-of-type")?.after(...nodes);
    else section.append(...nodes);
    return Number(answer.headers.get("podium-count"));
  }
}

customElements.define("podium-diff", PodiumDiff);
