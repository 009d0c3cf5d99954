// All of the console works without this file. With it, lists follow what is typed, marks are counted, and waiting pages renew themselves.
"use strict";

const PAUSE_MS = 200;

// Fetches a page and puts its part `id` in the place of ours, if it is another; gives the part, which tells what changed.
async function renew(id, address, signal) {
  const answer = await fetch(address, { signal, headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [ours, theirs] = [document.getElementById(id), page.getElementById(id)];
  // Who is signed out meanwhile is led elsewhere.
  if (!theirs || answer.redirected) { location.assign(address); return; }
  if (ours.came === theirs.outerHTML) {
    if (!theirs.dataset.poll) delete ours.dataset.poll;
    return ours;
  }
  theirs.came = theirs.outerHTML;
  keepMarked(ours, theirs);
  const stand = standing(ours);
  ours.replaceWith(document.adoptNode(theirs));
  document.querySelectorAll("form[data-marks]").forEach(countMarks);
  stand?.(theirs);
  return theirs;
}

// Whoever stands on something in a part stands on the same in the one that takes its place, or else on the part as a whole.
function standing(part) {
  const own = document.activeElement;
  if (own === part) return stepOn;
  if (!part.contains(own)) return undefined;
  const same = (where) => [...where.querySelectorAll(own.tagName)].filter((one) => ["id", "name", "value", "href"].every((key) => one[key] === own[key]));
  const place = same(part).indexOf(own);
  return (next) => stepOn(same(next)[place] ?? next);
}
function stepOn(one) {
  if (one.tabIndex < 0) one.tabIndex = -1;
  one.focus({ preventScroll: true });
}

// Rows that are marked go over to a table within data-kept, if there is one, and stand only there.
function keepMarked(ours, theirs) {
  const kept = document.querySelector("[data-kept] tbody");
  if (!kept) return;
  for (const box of ours.querySelectorAll("input[name]:checked")) kept.append(box.closest("tr"));
  standOnce(kept, theirs);
}
function standOnce(kept, part) {
  for (const box of kept.querySelectorAll("input")) part.querySelector(`input[value="${CSS.escape(box.value)}"]`)?.closest("tr").remove();
}

// A form with data-live="results" renews #results as somebody types or chooses; data-marks="results" names the part that marks stand in.
let timer, running, polled = new AbortController();
function addressOf(form) {
  const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
  return form.getAttribute("action") + (given && `?${given}`);
}
function follow(id, address, wait, onto) {
  clearTimeout(timer);
  // What a poll asked for before is not wanted any more.
  polled.abort();
  polled = new AbortController();
  timer = setTimeout(() => {
    timer = undefined;
    running?.abort();
    const own = running = new AbortController();
    const busy = (yes) => document.getElementById(id).classList.toggle("busy", yes);
    busy(true);
    renew(id, address, own.signal)
      .then((part) => {
        if (running !== own) return;
        running = undefined;
        busy(false);
        history.replaceState(history.state, "", address);
        tell(part?.dataset.told);
        if (onto) part?.scrollIntoView();
      })
      .catch((error) => { if (error.name !== "AbortError") location.assign(address); });
  }, wait);
}
function tell(text) { document.getElementById("heard").textContent = text ?? ""; }
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form) follow(form.dataset.live, addressOf(form), event.target.type === "search" ? PAUSE_MS : 0);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  follow(event.target.dataset.live, addressOf(event.target), 0);
});

// In a form with data-marks, one box marks all on the page, what is marked is counted, and buttons say how many they are about.
function countMarks(form) {
  const kept = form.querySelector("[data-kept] tbody");
  if (kept) history.replaceState({ kept: kept.innerHTML, marked: [...form.querySelectorAll("input[name=ids]:checked")].map((box) => box.value) }, "");
  const marked = form.querySelectorAll("input[name=ids]:checked").length;
  const told = form.querySelector("[data-count]");
  if (!told) return;
  told.dataset.before ??= told.textContent;
  told.textContent = marked ? `${marked} marked` : told.dataset.before;
  for (const button of form.querySelectorAll("[data-marked]")) button.textContent = button.dataset.marked.replace("#", marked);
}
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-marks]");
  if (!form) return;
  if (event.target.matches("[data-all]")) for (const box of event.target.closest("table").querySelectorAll("input[name=ids]")) box.checked = event.target.checked;
  countMarks(form);
});
// Whoever has marked some takes them along to another page of a list, and to another order.
document.addEventListener("click", (event) => {
  const link = event.target.closest("form[data-marks] a:is(.sort, [rel])");
  if (event.ctrlKey || event.metaKey || event.shiftKey || link?.pathname !== location.pathname) return;
  const form = link.closest("form");
  if (!form.dataset.marks || !form.querySelector("input[name=ids]:checked")) return;
  event.preventDefault();
  follow(form.dataset.marks, link.href, 0, true);
});
// Whoever comes back finds their marks as they left them; a browser would put them back by their places, where others may stand now.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-marks]")) {
    const [kept, was] = [form.querySelector("[data-kept] tbody"), history.state];
    if (kept && was) {
      kept.innerHTML = was.kept;
      standOnce(kept, form.lastElementChild);
      for (const box of form.querySelectorAll("input[name=ids]")) box.checked = was.marked.includes(box.value);
    }
    countMarks(form);
  }
});

// In a part with data-choice, whoever fills in what belongs to a choice chooses it.
document.addEventListener("input", (event) => {
  const choice = event.target.closest("[data-choice]")?.querySelector("input[type=radio]");
  if (choice) choice.checked = true;
});

// A part with data-poll="seconds" and an id renews itself, ever more slowly, until it comes without that; data-looks times at least.
// Not while somebody is about to use what is in it, or a filter is followed, and no more once they typed or marked something there.
// For who is in a filter only what it shows is renewed, once that is what they typed.
const renewed = {};
const FIELD = ":focus:is(input, select, textarea)";
const inUse = (part, filter) => part.querySelector(":active, details[open], input:checked")
  || (filter ? addressOf(filter) !== location.pathname + location.search : part.querySelector(FIELD));
setInterval(() => {
  for (const part of document.querySelectorAll("[data-poll]")) {
    const { id, dataset: { poll, looks, told } } = part;
    const filter = part.querySelector(`form[data-live] ${FIELD}`)?.form;
    part.dataset.left = (part.dataset.left ?? poll * 1.05 ** (renewed[id] ?? 0)) - 1;
    if (part.dataset.left > 0 || document.hidden || timer || running || inUse(part, filter)) continue;
    delete part.dataset.left;
    renewed[id] = (renewed[id] ?? 0) + 1;
    renew(filter?.dataset.live ?? id, location.href, polled.signal).then(() => {
      const { dataset } = document.getElementById(id);
      if (looks > 1) {
        dataset.poll ??= poll;
        dataset.looks = looks - 1;
      } else if (dataset.told !== told) tell(dataset.told);
      else if (!dataset.poll) tell("This page is up to date.");
    }).catch(() => {});
  }
}, 1000);
document.addEventListener("input", (event) => {
  if (!event.target.closest("form[data-live]")) event.target.closest("[data-poll]")?.removeAttribute("data-poll");
});

// A file that is larger than data-most-bytes is not sent: what carries it would cut the connection without a word.
document.addEventListener("change", (event) => {
  const most = Number(event.target.dataset?.mostBytes);
  if (!most) return;
  const size = event.target.files[0]?.size ?? 0;
  event.target.setCustomValidity(size > most ? `This file has ${(size / 1e6).toFixed(1)} MB. Up to ${most / 1e6} MB can be uploaded: divide it into several.` : "");
  event.target.reportValidity();
});

// The menu of further parts closes when somebody goes elsewhere.
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.more[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

// What was typed is kept in this tab until a page shows that it arrived: after a refusal, or once they signed in again, it stands in
// its form as it was, unless the form is about something else by then.
const TYPED = "typed";
const toggles = (field) => ["checkbox", "radio"].includes(field.type);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.querySelector("[type=password]")) return;
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "forms" && typeof value === "string");
  sessionStorage.setItem(TYPED, JSON.stringify({ page: location.pathname, action: form.action, fields }));
});
function typeAgain({ page, action, fields }) {
  const form = page === location.pathname && [...document.forms].find((one) => one.method === "post" && one.action === action);
  const steps = [];
  for (const field of form ? form.elements : []) {
    if (!field.name || field.name === "forms" || ["submit", "file"].includes(field.type)) continue;
    const place = fields.findIndex(([name, value]) => name === field.name && (!toggles(field) || value === field.value));
    const [found] = place < 0 ? [] : fields.splice(place, 1);
    if (field.type === "hidden" && found?.[1] !== field.value) return;
    steps.push(() => { if (toggles(field)) field.checked = Boolean(found); else if (found) [, field.value] = found; });
  }
  for (const step of steps) step();
  for (const kind of form ? ["input", "change"] : []) form.dispatchEvent(new Event(kind, { bubbles: true }));
}
const typed = JSON.parse(sessionStorage.getItem(TYPED));
if (typed && document.querySelector("[data-undone]")) sessionStorage.setItem(TYPED, JSON.stringify({ ...typed, undone: true }));
else {
  sessionStorage.removeItem(TYPED);
  if (typed?.undone) typeAgain(typed);
}
