// Keys, selections and the search in the codebook. Everything here presses a button, follows a link or ticks a box that
// is on the page and works without it; htmx sends the forms.
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
  const OWN_KEYS = new Set(["Enter", "Space", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);
  let busy = true; // until htmx has taken the forms over

  function wait(on) {
    busy = on;
    document.documentElement.classList.toggle("ready", !on);
  }


  // keys: by their place on the keyboard, so that they are the same under a Hebrew layout

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (at.closest(FIELDS)) return;
    if (OWN_KEYS.has(event.code) && at.closest("button, a, summary, input")) return;
    const name = (event.shiftKey ? "Shift+" : "") + event.code;
    const control = all(`[data-key="${CSS.escape(name)}"]`).find((each) => each.checkVisibility() && !each.disabled);
    if (!control) return;
    event.preventDefault();
    // a key that is held down, or that comes before the next card is drawn, must not answer a card that nobody has seen
    if (event.repeat || busy) return;
    use(control);
  }

  function use(control) {
    const inside = control.getAttribute("href");
    if (inside?.startsWith("#")) {
      const place = one(inside);
      for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      place.focus();
      place.select?.();
      return;
    }
    if (control.matches(FIELDS)) { control.focus(); return; }
    if (control.dataset.selection !== undefined) control.href = withSelection(control.href);
    if (control.hasAttribute("hx-get") && control.tagName === "A") control.setAttribute("hx-get", control.getAttribute("href"));
    control.click();
  }

  document.addEventListener("keydown", pressed);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-selection]") : null;
    if (link) link.setAttribute("hx-get", (link.href = withSelection(link.href)));
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.code === "Escape" ? one("details.menu[open]") : null;
    if (menu) { menu.open = false; one("summary", menu).focus(); }
  });

  // a selection in the transcript, counted in UTF-16 units within its turn; the server makes whole words of it

  function unitsBefore(speech, node, offset) {
    const range = document.createRange();
    range.selectNodeContents(speech);
    range.setEnd(node, offset);
    return range.toString().length;
  }

  function withSelection(address) {
    const url = new URL(address, location.href);
    const chosen = getSelection();
    if (!chosen || chosen.isCollapsed) return url.href;
    const range = chosen.getRangeAt(0);
    const speeches = all("#transcript .speech").filter((speech) => range.intersectsNode(speech));
    if (!speeches.length) return url.href;
    const [first, last] = [speeches[0], speeches.at(-1)];
    const from = first.contains(range.startContainer) ? unitsBefore(first, range.startContainer, range.startOffset) : 0;
    const to = last.contains(range.endContainer) ? unitsBefore(last, range.endContainer, range.endOffset) : last.textContent.length;
    const places = { first: first.dataset.block, from, last: last.dataset.block, to };
    for (const [name, value] of Object.entries(places)) url.searchParams.set(name, value);
    return url.href;
  }

  // the codebook: type to find, Enter takes the code, Shift+Enter ticks it and goes on

  const folded = (text) => text.normalize("NFC").replace(/[\u0591-\u05bd\u05bf-\u05c7\u200e\u200f]/g, "")
    .replace(/[״“”„]/g, '"').replace(/[׳‘’]/g, "'").replace(/־/g, "-").toLowerCase().trim();
  const entries = () => all("#codebook .entry");
  const seen = (entry) => !entry.hidden && entry.dataset.codable !== undefined;

  function rank(entry, sought) {
    const names = entry.dataset.find.split("\n");
    if (names.some((name) => name.startsWith(sought))) return 2;
    return names.some((name) => name.includes(` ${sought}`)) ? 1 : 0;
  }

  function search(field) {
    const sought = folded(field.value);
    for (const entry of entries()) entry.hidden = Boolean(sought) && !entry.dataset.find.includes(sought);
    for (const entry of entries().filter((each) => !each.hidden && sought)) {
      for (let above = entry.dataset.parent; above; ) {
        const parent = one(`#codebook .entry[data-code="${CSS.escape(above)}"]`);
        parent.hidden = false;
        above = parent.dataset.parent;
      }
    }
    const found = entries().filter((entry) => seen(entry) && entry.dataset.find.includes(sought));
    found.sort((a, b) => rank(b, sought) - rank(a, sought));
    at(sought ? found[0] : null);
  }

  function at(entry) {
    for (const other of all("#codebook .entry.at")) other.classList.remove("at");
    entry?.classList.add("at");
    entry?.scrollIntoView({ block: "nearest" });
    const said = one("#found");
    if (said) said.textContent = entry ? entry.dataset.name : "";
  }

  function step(by) {
    const open = entries().filter(seen);
    const now = open.indexOf(one("#codebook .entry.at"));
    at(open[Math.max(0, Math.min(open.length - 1, now + by))]);
  }

  function take(field, goOn) {
    const entry = one("#codebook .entry.at");
    const box = entry && one("input[type=checkbox]", entry);
    if (box && goOn) { box.click(); field.value = ""; search(field); return; }
    if (box && !box.checked) box.click();
    if (!one("#codebook input[type=checkbox]:checked")) return;
    field.blur();
    const save = one("[data-take]");
    if (save && !busy) save.click();
  }

  document.addEventListener("input", (event) => { if (event.target.id === "find") search(event.target); });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "find" || event.isComposing) return;
    if (event.code === "ArrowDown" || event.code === "ArrowUp") step(event.code === "ArrowDown" ? 1 : -1);
    else if (event.code === "Enter" || event.code === "NumpadEnter") take(event.target, event.shiftKey);
    else if (event.code === "Escape") { event.target.value = ""; search(event.target); event.target.blur(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    // Escape leaves a field, so that the keys work again
    if (event.code === "Escape" && event.target instanceof Element && event.target.matches("textarea")) event.target.blur();
    if ((event.ctrlKey || event.metaKey) && event.code === "Enter" && event.target.form?.id === "answer") {
      event.target.blur();
      one("[data-memo]")?.click();
    }
  });

  function showChosen() {
    const list = one("#chosen");
    if (!list) return;
    const chosen = all("#codebook input[type=checkbox]:checked").map((box) => box.closest(".entry"));
    list.replaceChildren(...chosen.map((entry) => {
      const chip = document.createElement("bdi");
      chip.className = "chip";
      chip.textContent = entry.dataset.name;
      return chip;
    }));
    list.hidden = !chosen.length;
    for (const button of all(".take")) button.toggleAttribute("data-idle", !chosen.length);
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches("#codebook input[type=checkbox]")) return;
    if (event.target.checked) aloneInItsTree(event.target.closest(".entry"));
    showChosen();
  });

  // of a tree whose codes exclude each other, the one that was ticked last stays

  function aloneInItsTree(entry) {
    if (entry.dataset.tree === undefined) return;
    const tree = all(`#codebook .entry[data-tree="${CSS.escape(entry.dataset.tree)}"] input:checked`);
    for (const other of tree.filter((box) => box.closest(".entry") !== entry)) other.checked = false;
  }

  // the card that is drawn: where the transcript stands, which codes it speaks of, how long it is looked at

  let spent = 0;
  let since = performance.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) spent += performance.now() - since;
    else since = performance.now();
  });

  function reveal(element) {
    // within its own pane alone: where the panes stand one under another, the page stays where the reader left it
    const pane = element?.closest(".body");
    if (!pane || getComputedStyle(pane).overflowY !== "auto") return;
    const [here, view] = [element.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (here.top < view.top) pane.scrollTop -= view.top - here.top;
    else if (here.bottom > view.bottom) pane.scrollTop += here.bottom - view.bottom;
  }

  function drawn() {
    const pane = one("#transcript > .body");
    const mark = pane && one("mark", pane);
    if (mark && pane.scrollHeight > pane.clientHeight) {
      const turn = mark.closest(".turn");
      const place = turn.offsetTop - pane.clientHeight * 0.22;
      const within = turn.offsetHeight > pane.clientHeight * 0.6 ? mark.offsetTop - turn.offsetTop : 0;
      pane.scrollTop = Math.max(0, place + within);
    }
    const codes = new Set((one("#card")?.dataset.codes ?? "").split("\n").filter(Boolean));
    let first = null;
    for (const entry of entries()) {
      const now = codes.has(entry.dataset.code);
      entry.classList.toggle("now", now);
      if (now) first ??= entry;
    }
    reveal(first);
    reveal(one("#card li.now"));
    showChosen();
    if (!document.hidden) since = performance.now();
    spent = 0;
  }

  function cleared() {
    const ticked = new Set((one("#card")?.dataset.ticked ?? "").split("\n"));
    for (const box of all("#codebook input[type=checkbox]")) box.checked = ticked.has(box.value);
    const field = one("#find");
    if (field?.value) { field.value = ""; search(field); }
    at(null);
  }

  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method === "POST" && request.form?.id === "answer") {
      const seconds = (spent + (document.hidden ? 0 : performance.now() - since)) / 1000;
      request.body.set("seconds", seconds.toFixed(2));
    }
  });
  document.addEventListener("htmx:after:process", (event) => {
    if (event.target !== document.body) return;
    wait(false);
  });
  document.addEventListener("htmx:before:request", () => wait(true));
  document.addEventListener("htmx:finally:request", () => wait(false));
  let card = null;
  let height = null;
  document.addEventListener("htmx:before:swap", () => {
    card = one("#card")?.dataset.card;
    const pane = one("#transcript > .body");
    height = pane && { scrolled: pane.scrollTop, whole: pane.scrollHeight, card: one("#card") };
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const pane = one("#transcript > .body");
    if (event.detail.ctx.sourceElement.matches?.(".earlier") && pane && height) {
      pane.scrollTop = height.scrolled + pane.scrollHeight - height.whole; // what is read stays where it is
    }
    if (one("#card") === height?.card) return;
    if (one("#card")?.dataset.card !== card) cleared();
    drawn();
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) wait(true); // the browser sends it and leaves this page
    if (event.target.getAttribute("action") === "/look") one("[name=back]", event.target).value = location.pathname + location.search;
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("js");
    drawn();
  });
})();
