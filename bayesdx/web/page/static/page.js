// The page: what is stated lives here and behind the # of the address; what it means is asked of the server.

const $ = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const rows = $("rows");

// ---- what is stated -------------------------------------------------------------------------------------------------
// A finding is a state, "not <state>" as {not: state}, or weights as {weights: {state: weight}}.

const empty = () => ({ network: "", prior: "", versus: "", findings: {} });
let state = empty();
let past = [], future = [];
let kept = null;          // the case to compare with, when one was kept
let whole = false;        // every diagnosis is listed
let last = { id: "", at: 0 };

const copy = (one) => structuredClone(one);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function change(make, passing = "") {
  const before = copy(state);
  make(state);
  if (same(before, state)) return;
  const merged = passing && passing === last.id && performance.now() - last.at < 900;  // arrows pass over states
  if (!merged) past.push(before);
  last = { id: passing, at: performance.now() };
  future = [];
  show();
}

function step(from, to) {
  if (!from.length) return;
  to.push(copy(state));
  state = from.pop();
  last = { id: "", at: 0 };
  show();
}

const undo = () => step(past, future);
const redo = () => step(future, past);

function set(id, said, passing = false) {
  change((to) => {
    if (said === null) delete to.findings[id];
    else to.findings[id] = said;
  }, passing ? id : "");
}

const sent = (findings) => Object.fromEntries(Object.entries(findings).map(
  ([id, said]) => [id, typeof said === "string" ? said : said.not !== undefined ? `not ${said.not}` : said.weights]));

function taken(value) {
  if (typeof value !== "string") return { weights: value };
  return value.startsWith("not ") ? { not: value.slice(4) } : value;
}

// ---- the address: #level=cervical&mr_enhancement=:homogeneous&mr_t2_signal=hyper:0.8,mixed:0.2 -----------------------

function fragment() {
  const code = encodeURIComponent;
  const parts = Object.entries(state.findings).map(([id, said]) => {
    if (typeof said === "string") return `${code(id)}=${code(said)}`;
    if (said.not !== undefined) return `${code(id)}=:${code(said.not)}`;
    return `${code(id)}=${Object.entries(said.weights).map(([s, w]) => `${code(s)}:${w}`).join(",")}`;
  });
  for (const key of ["network", "prior", "versus"]) if (state[key]) parts.push(`${key}:=${code(state[key])}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

function restored(hash) {
  const found = empty();
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    try {
      const at = part.indexOf("=");
      const [key, value] = [part.slice(0, at), part.slice(at + 1)];
      const name = decodeURIComponent(key);
      if (key.endsWith(":") && key.slice(0, -1) in found && key !== "findings:") found[key.slice(0, -1)] = decodeURIComponent(value);
      else if (value.startsWith(":")) found.findings[name] = { not: decodeURIComponent(value.slice(1)) };
      else if (value.includes(":")) found.findings[name] = { weights: Object.fromEntries(value.split(",").map((pair) => {
        const [s, w] = pair.split(":");
        return [decodeURIComponent(s), Number(w)];
      })) };
      else if (at > 0) found.findings[name] = decodeURIComponent(value);
    } catch { /* a part that is not ours is left out */ }
  }
  return found;
}

// ---- asking ---------------------------------------------------------------------------------------------------------

let asking = null;
let waiting = 0;
let leader = "";          // as it was told last
let telling = 0;
let refused = false;

const body = (more) => JSON.stringify({
  case: { findings: sent(state.findings) }, network: state.network || null, prior: state.prior || null,
  versus: state.versus || null, ...more });

async function post(path, text, signal, accept = "*/*") {
  const headers = { "Content-Type": "application/json", Accept: accept };
  const answer = await fetch(path, { method: "POST", headers, body: text, signal });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail || problem.title || `The server answers ${answer.status}`), { html: problem.html, brief: problem.brief });
}

async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const found = (rest + value).split("\n");
    rest = found.pop();
    for (const line of found) yield JSON.parse(line);
  }
}

async function ask() {
  asking?.abort();
  const mine = asking = new AbortController();
  wait(1);
  const before = past.at(-1);
  try {
    const answer = await post("page/answer", body({
      before: before ? { findings: sent(before.findings) } : null, before_prior: before?.prior || null, whole }), mine.signal);
    for await (const part of lines(answer)) {
      if (mine !== asking) return;
      if (part.error) throw new Error(part.error);
      if (refused) answered();
      for (const [id, html] of Object.entries(part.regions ?? {})) swap($(id), html);
      offer();
      if (part.leader) tell(part.leader);
    }
  } catch (error) {
    if (error.name !== "AbortError" && mine === asking) refuse(error);
  } finally {
    wait(-1);
  }
}

// The answer is busy as long as anything on the way will change it.
function wait(more) {
  waiting += more;
  if (waiting) $("answer").setAttribute("aria-busy", "true");
  else $("answer").removeAttribute("aria-busy");
}

function swap(region, html) {
  const held = region.contains(document.activeElement) ? document.activeElement : null;
  const key = held && (held.id ? `#${CSS.escape(held.id)}` : held.dataset.id ? `[data-id="${CSS.escape(held.dataset.id)}"]` : "");
  region.innerHTML = html;                       // made and escaped by the server
  if (key) region.querySelector(key)?.focus({ preventScroll: true });
}

function tell(words) {
  $("brief").textContent = words;
  clearTimeout(telling);
  const [who, share] = parted(words), [heard, then] = parted(leader);
  if (who === heard && Math.abs(share - then) <= 1) return;
  telling = setTimeout(() => { $("live").textContent = leader = words; }, 400);  // of quick clicks the last is heard
}

// "CAPNON leads, 48.1%" in its name and its percentage, 0 where there is none
const parted = (words) => [words.replace(/[\d.]+%$/, ""), Number(/([\d.]+)%$/.exec(words)?.[1] ?? 0)];

function refuse(error) {
  const list = document.createElement("ul");
  list.className = "warnings";
  list.append(Object.assign(document.createElement("li"), { textContent: offline(error) }));
  if (error.html) swap($("warnings"), error.html);
  else $("warnings").replaceChildren(list);
  refused = true;
  offer();
  tell(error.brief ?? "No answer");
  for (const id of ["differential", "next", "why", "sentences"]) $(id).replaceChildren();
}

// What was refused is past; the button that was pressed goes with it, the focus stays at the answer.
function answered() {
  refused = false;
  if ($("warnings").contains(document.activeElement)) $("answer").focus({ preventScroll: true });
  $("warnings").replaceChildren();
}

const offer = () => all("#warnings [data-do=undo]").forEach((button) => { button.hidden = !past.length; });

const offline = (error) => error instanceof TypeError ? "The server does not answer. Is bayesdx serve still running?" : error.message;

// ---- showing --------------------------------------------------------------------------------------------------------

function show() {
  uncopied();
  all(".row", rows).forEach(mark);
  const known = Object.entries(state.findings);
  $("stated").replaceChildren(...known.map(([id, said]) => chip(id, said)));
  $("begin").hidden = known.length > 0;
  $("undo").disabled = !past.length;
  $("redo").disabled = !future.length;
  $("clear").disabled = !known.length;
  if ($("network")) $("network").value = state.network;
  history.replaceState(null, "", location.pathname + location.search + fragment());
  const missing = known.filter(([id]) => !row(id));
  if (document.body.hasAttribute("data-large") && missing.length) more(missing.map(([id]) => id));
  ask();
  checked();
  view(open());
}

const row = (id) => rows.querySelector(`.row[data-id="${CSS.escape(id)}"]`);
const nameOf = (one) => one.querySelector(".name").textContent;
const labelOf = (one, id) => one?.querySelector(`[data-state="${CSS.escape(id)}"]`)?.textContent ?? id;

function words(id, said) {
  const one = row(id);
  if (typeof said === "string") return labelOf(one, said);
  if (said.not !== undefined) return `not ${labelOf(one, said.not)}`;
  return Object.entries(said.weights).map(([s, w]) => `${labelOf(one, s)} ${w}`).join(", ");
}

function chip(id, said) {
  const item = document.createElement("li"), go = document.createElement("button"), one = row(id);
  const what = words(id, said), unit = / \((\w+)\)$/, name = one ? nameOf(one) : id;  // a unit is not said twice
  const title = what.endsWith(` ${unit.exec(name)?.[1]}`) ? name.replace(unit, "") : name;
  Object.assign(go, { type: "button", textContent: `${title}: ${what}` });
  Object.assign(go.dataset, { do: "jump", id });
  item.append(go);
  return item;
}

function mark(one) {
  const id = one.dataset.id, said = state.findings[id], group = one.querySelector(".states");
  if (one.said === said && one.marked) return;
  one.said = said;
  one.marked = true;
  one.classList.toggle("known", said !== undefined);
  group.querySelector(".said")?.remove();
  if (typeof said === "object") {
    const more = document.createElement("button");
    Object.assign(more, { type: "button", className: "said", textContent: words(id, said) });
    more.setAttribute("role", "radio");
    group.append(more);
  }
  for (const radio of all("[role=radio]", group)) {
    const on = radio.classList.contains("said") || (said === undefined ? radio.classList.contains("unstated")
      : radio.dataset.state === said);
    radio.setAttribute("aria-checked", on);
    radio.tabIndex = on ? 0 : -1;
  }
  if (!group.querySelector("[tabindex='0']")) group.firstElementChild.tabIndex = 0;
}

// ---- not …, and uncertain -------------------------------------------------------------------------------------------

function editor(one) {
  const old = one.querySelector(".editor"), toggle = one.querySelector(".more"), id = one.dataset.id;
  toggle.setAttribute("aria-expanded", String(!old));
  if (old) { old.remove(); toggle.focus(); return; }
  const made = $("editor").content.cloneNode(true).firstElementChild;
  const said = state.findings[id], states = all("[data-state]", one);
  const [ruled, weights] = [made.querySelector(".ruled"), made.querySelector(".weights")];
  ruled.setAttribute("aria-label", `${nameOf(one)}: ruled out`);
  weights.setAttribute("aria-label", `${nameOf(one)}: weights`);
  const weight = (s) => said === undefined ? 1 : typeof said === "string" ? +(said === s)
    : said.not !== undefined ? +(said.not !== s) : said.weights[s] ?? 0;
  for (const { dataset, textContent } of states) {
    const out = document.createElement("button"), label = document.createElement("label"), input = document.createElement("input");
    Object.assign(out, { type: "button", textContent: `not ${textContent}` });
    out.dataset.out = dataset.state;
    out.setAttribute("aria-pressed", typeof said === "object" && !weight(dataset.state));
    ruled.append(out);
    Object.assign(input, { type: "number", min: 0, step: "any", value: said === undefined ? "" : weight(dataset.state), inputMode: "decimal" });
    input.dataset.weight = dataset.state;
    label.append(textContent, input);
    weights.append(label);
  }
  one.append(made);
  made.querySelector("button").focus();
}

function rule(one, button) {
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
  const buttons = all("[data-out]", one), out = buttons.filter((b) => b.getAttribute("aria-pressed") === "true");
  const left = buttons.filter((b) => !out.includes(b)).map((b) => b.dataset.out);
  if (!left.length) return button.setAttribute("aria-pressed", "false");
  set(one.dataset.id, !out.length ? null : out.length === 1 ? { not: out[0].dataset.out }
    : left.length === 1 ? left[0] : { weights: Object.fromEntries(left.map((s) => [s, 1])) });
}

function weigh(one) {
  const given = all("[data-weight]", one).map((input) => [input.dataset.weight, Number(input.value)]).filter(([, w]) => w > 0);
  set(one.dataset.id, !given.length ? null : given.length === 1 ? given[0][0] : { weights: Object.fromEntries(given) });
}

// ---- finding findings -----------------------------------------------------------------------------------------------

let searching = 0;
const sought = () => low($("search").value).split(/\s+/).filter(Boolean);

function search() {
  const asked = sought();
  if (document.body.hasAttribute("data-large")) {
    clearTimeout(searching);
    searching = setTimeout(() => more(Object.keys(state.findings)), 120);
    return;
  }
  for (const one of all(".row", rows)) one.hidden = rank(one, asked) >= NOWHERE;
  for (const group of all(".group", rows)) group.hidden = !group.querySelector(".row:not([hidden])");
  order(asked);
}

const NOWHERE = 4;
const low = (text) => text.toLocaleLowerCase();

// Whole words of a name come first, then those of states, of groups, then parts of names and states; as in form.py.
function rank(one, asked) {
  const places = [
    low(`${one.dataset.id} ${nameOf(one)} ${one.dataset.words ?? ""}`),
    low(all("[data-state]", one).map((button) => `${button.dataset.state} ${button.textContent}`).join(" ")),
    low(`${one.closest(".group").dataset.group} ${one.closest(".group").firstElementChild.textContent}`),
  ];
  return Math.max(0, ...asked.map((word) => {
    const whole = new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[^\p{L}\p{N}]/gu, "\\$&")}(?![\\p{L}\\p{N}])`);
    const at = places.findIndex((place) => whole.test(place));
    return at >= 0 ? at : places.slice(0, 2).some((place) => place.includes(word)) ? 3 : NOWHERE;
  }));
}

function order(asked) {
  const found = new Map(all(".row", rows).map((one) => [one, rank(one, asked)]));
  const best = (group) => Math.min(...all(".row", group).map((one) => found.get(one)));
  const sort = (parent, items, by) => {
    items.forEach((one, i) => { one.place ??= i; });
    parent.append(...items.map((one) => [by(one), one]).sort(([a, x], [b, y]) => a - b || x.place - y.place).map(([, one]) => one));
  };
  for (const list of all(".group > ul", rows)) sort(list, [...list.children], (one) => found.get(one));
  sort(rows, all(".group", rows), best);
  const count = [...found.values()].filter((at) => at < NOWHERE).length;
  $("found").textContent = asked.length ? `${count} found` : "";
  $("none").hidden = !asked.length || count > 0;
}

function unsearch() {
  $("search").value = "";
  search();
  $("search").focus();
}

async function more(names) {
  const answer = await post("page/rows", JSON.stringify({ search: $("search").value, names })).catch(refuse);
  if (!answer) return;
  swap(rows, (await answer.json()).html);
  order(sought());
  all(".row", rows).forEach(mark);
  $("stated").replaceChildren(...Object.entries(state.findings).map(([id, said]) => chip(id, said)));
}

async function jump(id) {
  select("findings");
  $("search").value = "";
  search();
  if (!row(id)) await more([...Object.keys(state.findings), id]);
  const one = row(id);
  one?.scrollIntoView({ block: "center" });
  focusRow(one);
}

const shown = () => all(".row:not([hidden])", rows).filter((one) => !one.closest("[hidden]"));
const focusRow = (one) => one?.querySelector("[role=radio][tabindex='0']")?.focus();

// ---- views ----------------------------------------------------------------------------------------------------------

const fresh = {};                                 // the case that a view shows
let viewing = null;
const open = () => document.querySelector("[role=tab][aria-selected=true]").getAttribute("aria-controls");

function select(name, focus = false) {
  for (const tab of all("[role=tab]")) {
    const on = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !on;
    if (on && focus) tab.focus();
    if (on) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  view(name);
}

async function view(name, force = false) {
  viewing?.abort();
  const panel = $(name), place = panel.querySelector(".shown");
  if (!place) return;
  const before = kept ?? (past.length ? { findings: sent(past.at(-1).findings) } : null);
  if (name === "compare" && !before) return place.replaceChildren(Object.assign(document.createElement("p"), { textContent: "Nothing was changed yet." }));
  const text = body({ view: name, before });
  if (fresh[name] === text && !force) return;
  const mine = viewing = new AbortController();
  const progress = panel.querySelector(".progress");
  panel.setAttribute("aria-busy", "true");
  if (progress) await new Promise((done) => setTimeout(done, 300));  // what takes long waits for the last of some clicks
  if (mine !== viewing) return;
  try {
    for await (const part of lines(await post("page/view", text, mine.signal))) {
      if (part.error) throw new Error(part.error);
      if (part.html !== undefined) swap(place, part.html);
      if (progress && part.progress !== undefined) {
        progress.hidden = part.progress >= 1;
        progress.firstElementChild.value = part.progress;
        progress.lastElementChild.textContent = part.words ?? "";
      }
    }
    fresh[name] = text;
  } catch (error) {
    if (error.name === "AbortError") return;
    place.replaceChildren(Object.assign(document.createElement("p"), { textContent: offline(error) }));
    if (progress) progress.hidden = true;
  }
  panel.removeAttribute("aria-busy");
}

async function ledger(finding, diagnosis) {
  const place = $("ledger");
  try {
    for await (const part of lines(await post("page/view", body({ view: "ledger", finding, diagnosis })))) {
      if (part.error) throw new Error(part.error);
      if (part.html !== undefined) swap(place, part.html);
    }
  } catch (error) {
    place.replaceChildren(Object.assign(document.createElement("p"), { textContent: offline(error) }));
  }
}

async function sources(id, diagnosis) {
  if (!$("tab-citations")) return jump(id);
  select("citations", true);
  while ($("citations").hasAttribute("aria-busy")) await new Promise((done) => setTimeout(done, 20));
  const form = document.querySelector("form.ledger");
  if (!form) return;
  form.elements.finding.value = id;
  form.elements.diagnosis.value = diagnosis;
  await ledger(id, diagnosis);
}

// ---- files ----------------------------------------------------------------------------------------------------------

function download(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const say = (view, text) => { $(view).querySelector(".said").textContent = text; };

async function file(view, name, asked) {
  say(view, "Writing …");
  try {
    const answer = await asked;
    download(await answer.text(), name, answer.headers.get("Content-Type"));
    say(view, `${name} is written.`);
  } catch (error) { say(view, offline(error)); }
}

// What is copied is asked for now. Where the clipboard is refused it is shown, selected, to be copied by hand.
async function carry(key) {
  const versus = $("versus")?.value || null;
  const asked = post("v1/impression", body({ versus })).then((answer) => answer.json()).then((found) => found[key]);
  const plain = asked.then((text) => new Blob([text], { type: "text/plain" }));
  const what = key === "text" ? "The text" : "The row";
  const of = body();
  uncopied();
  $("copied").textContent = "Writing …";
  plain.catch(() => {});                          // told below, where the text itself is waited for
  try {
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": plain })]);
    if (of === body()) $("copied").textContent = `${what} is copied.`;
  } catch {
    try {
      const text = await asked;
      if (of !== body()) return;
      $("copy").value = text;
      $("copy").hidden = false;
      $("copy").focus();
      $("copy").select();
      $("copy").scrollTop = 0;
      $("copied").textContent = `${what} is selected: copy it with Ctrl+C or ⌘C.`;
    } catch (error) { $("copied").textContent = offline(error); }
  }
}

function uncopied() {
  $("copied").textContent = "";
  $("copy").hidden = true;
}

async function read(text) {
  wait(1);
  try {
    const found = await (await post("page/read", JSON.stringify({ text }))).json();
    change((to) => { to.findings = Object.fromEntries(Object.entries(found.findings).map(([id, value]) => [id, taken(value)])); });
    const count = Object.keys(found.findings).length;
    say("case", [`${count} ${count === 1 ? "finding is" : "findings are"} read.`, ...found.warnings].join(" "));
    select("findings");
    $("findings").focus({ preventScroll: true });
  } catch (error) {
    select("case");
    say("case", offline(error));
  } finally {
    wait(-1);
  }
}

// ---- a radiology report ---------------------------------------------------------------------------------------------
// Its text stands in one text area, is sent to be read and nowhere else, and is forgotten when the proposal is closed.

const REPORT = /\.(txt|text|rpt)$/i;
const LARGEST = 1_000_000;
let reading = null;

const boxes = () => all("#proposal [data-take]");
const saidBy = (box) => taken(JSON.parse(box.dataset.said));

async function propose(text) {
  reading?.abort();
  const mine = reading = new AbortController();
  select("reading");
  reread();
  $("report-text").value = text;
  say("reading", "Reading …");
  try {
    if (text.length > LARGEST) throw new Error("The text is too large to be a report.");
    const found = await (await post("page/propose", body({ report: text }), mine.signal)).json();
    swap($("proposal"), found.html);
    $("proposal").hidden = false;
    $("pasting").hidden = true;
    $("proposed").textContent = "What the report says";
    checked();
    say("reading", found.brief);
    $("proposed").focus();
  } catch (error) {
    if (error.name === "AbortError") return;
    say("reading", offline(error));
    $("report-text").focus();
  }
}

// How many findings are checked, and what the case says of them now where that is something else.
function checked() {
  for (const box of boxes()) {
    const id = box.dataset.take, now = state.findings[id], other = now !== undefined && !same(now, saidBy(box));
    box.closest("li").querySelector(".now").textContent = other ? `now: ${words(id, now)}` : "";
  }
  const button = $("take"), count = boxes().filter((box) => box.checked).length;
  if (!button) return;
  button.textContent = `Take over ${count} ${count === 1 ? "finding" : "findings"}`;
  button.disabled = !count;
}

function take() {
  const found = Object.fromEntries(boxes().filter((box) => box.checked).map((box) => [box.dataset.take, saidBy(box)]));
  forget();
  change((to) => Object.assign(to.findings, found));
  const count = Object.keys(found).length;
  $("live").textContent = `${count} ${count === 1 ? "finding is" : "findings are"} taken over.`;
  select("findings");
  $("findings").focus({ preventScroll: true });
}

// Back to the text.
function reread() {
  $("proposal").replaceChildren();
  $("proposal").hidden = true;
  $("pasting").hidden = false;
  $("proposed").textContent = "Read a report";
  say("reading", "");
}

function forget() {
  reading?.abort();
  reread();
  $("report-text").value = "";
}

async function opened(file) {
  if (!REPORT.test(file.name)) return read(await file.text());
  const text = file.size > LARGEST ? "" : await file.text(), wrong = /[\0\ufffd]/.test(text);
  if (file.size <= LARGEST && !wrong) return propose(text);
  select("reading");
  forget();
  say("reading", `${file.name} is ${wrong ? "no text file (UTF-8)" : "too large to be a report"}.`);
}

// ---- hands ----------------------------------------------------------------------------------------------------------

const deeds = {
  undo, redo, unsearch,
  clear: () => {
    forget();                                     // the next case is of someone else
    change((to) => Object.assign(to, { findings: {}, versus: "" }));
  },
  theme: () => theme(!dark()),
  help: () => $("help").showModal(),
  whole: () => { whole = !whole; ask(); },
  jump: (button) => jump(button.dataset.id),
  source: (button) => sources(button.dataset.id, button.dataset.diagnosis),
  more: (button) => editor(button.closest(".row")),
  less: (button) => editor(button.closest(".row")),
  example: () => read($("example").textContent),
  "open-case": () => select("case", true),
  "open-report": () => { select("reading"); $("report-text").focus(); },
  propose: () => propose($("report-text").value),
  take,
  check: (button) => {
    for (const box of boxes()) box.checked = Boolean(button.dataset.on);
    checked();
  },
  reread: () => { reread(); $("report-text").focus(); },
  forget: () => { forget(); $("report-text").focus(); },
  sentences: (button) => {
    const on = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", on);
    $("sentences").hidden = !on;
  },
  keep: () => {
    kept = { findings: sent(state.findings) };
    $("kept").textContent = `Before: the case that was kept; findings: ${Object.keys(kept.findings).length}.`;
    view("compare", true);
  },
  report: (button) => file("report", button.dataset.name, post("v1/report", body(), null, button.dataset.accept)),
  print: () => window.print(),
  save: (button) => file("case", `case.${button.dataset.format}`, post("page/write", body({ format: button.dataset.format }))),
  link: () => navigator.clipboard.writeText(location.href).then(() => say("case", "The address is copied."), () => say("case", location.href)),
  paste: () => read($("paste").value),
  copy: (button) => carry(button.dataset.key),
};

document.addEventListener("click", (event) => {
  const to = event.target.closest("a[href^='#']");
  if (to) {                                       // the fragment is the case: links within the page leave it alone
    event.preventDefault();
    const place = $(to.getAttribute("href").slice(1));
    place?.scrollIntoView();
    place?.focus?.({ preventScroll: true });
    return;
  }
  const button = event.target.closest("button");
  if (!button) return;
  const one = button.closest(".row");
  if (button.dataset.do) deeds[button.dataset.do](button);
  else if (button.getAttribute("role") === "tab") select(button.getAttribute("aria-controls"));
  else if (button.getAttribute("role") === "radio" && !button.classList.contains("said")) set(one.dataset.id, button.dataset.state ?? null);
  else if (button.dataset.out !== undefined) rule(one, button);
});

document.addEventListener("change", ({ target }) => {
  if (target.dataset.choose) change((to) => { to[target.dataset.choose] = target.value; });
  else if (target.dataset.weight !== undefined) weigh(target.closest(".row"));
  else if (target.id === "file" && target.files.length) target.files[0].text().then(read).then(() => { target.value = ""; });
  else if (target.id === "report-file" && target.files.length) opened(target.files[0]).then(() => { target.value = ""; });
  else if (target.dataset.take !== undefined) checked();
  else if (target.id === "keys") remember("keys", target.checked ? "" : "off");
});

document.addEventListener("submit", (event) => {
  if (event.target.dataset.do !== "ledger") return;
  event.preventDefault();
  ledger(event.target.elements.finding.value, event.target.elements.diagnosis.value);
});

$("search").addEventListener("input", search);
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const dropped = event.dataTransfer.files[0];
  if (dropped) opened(dropped);
});

document.addEventListener("keydown", (event) => {
  const { key, target } = event, control = event.ctrlKey || event.metaKey;
  if ($("help").open || event.altKey) return;
  const typing = target.matches("input, textarea, select");
  const act = (deed) => { event.preventDefault(); deed(); };
  if (control) {
    if (typing && target.type !== "search") return;
    if (key === "z") act(undo);
    if (key === "y" || key === "Z") act(redo);
    return;
  }
  if (target.id === "search") {
    if (key === "Enter" || key === "ArrowDown") act(() => focusRow(shown()[0]));
    if (key === "Escape") act(() => { target.value = ""; search(); });
    return;
  }
  if (typing) return;
  if (target.getAttribute("role") === "tab" && inTabs(event)) return;
  const one = target.closest?.(".row");
  if (one && target.getAttribute("role") === "radio" && inRow(one, target, key)) return event.preventDefault();
  if (one && key === "Escape" && one.querySelector(".editor")) return act(() => editor(one));
  if (!$("keys").checked) return;
  if (key === "/") act(() => { select("findings"); $("search").focus(); $("search").select(); });
  else if (key === "u") act(undo);
  else if (key === "U") act(redo);
  else if (key === "w") act(() => document.querySelector("#next .jump")?.focus());
  else if (key === "?") act(deeds.help);
});

function inTabs(event) {
  const tabs = all("[role=tab]"), at = tabs.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return false;
  event.preventDefault();
  select(tabs.at(to % tabs.length).getAttribute("aria-controls"), true);
  return true;
}

function inRow(one, target, key) {
  const radios = all("[role=radio]:not(.said)", one), list = shown(), at = list.indexOf(one);
  const choose = (radio, passing = false) => { set(one.dataset.id, radio.dataset.state ?? null, passing); focusRow(one); return true; };
  if (key === "ArrowDown" || key === "ArrowUp") { focusRow(list[at + (key === "ArrowDown" ? 1 : -1)]); return true; }
  if (key === "ArrowRight" || key === "ArrowLeft") {
    const from = Math.max(radios.indexOf(target), 0), to = (from + (key === "ArrowRight" ? 1 : -1) + radios.length) % radios.length;
    return choose(radios[to], true);
  }
  if (key === "Backspace" || key === "Delete" || key === "0") return choose(radios[0]);
  if (/^[1-9]$/.test(key)) return radios[Number(key)] ? choose(radios[Number(key)]) : true;
  if (key === "n") { editor(one); return true; }
  return false;
}

// ---- theme and memory -----------------------------------------------------------------------------------------------

const remember = (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* closed */ } };
const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const system = matchMedia("(prefers-color-scheme: dark)");
const dark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function theme(on) {
  document.documentElement.dataset.theme = on ? "dark" : "light";
  remember("theme", on === system.matches ? "" : document.documentElement.dataset.theme);
  $("theme").setAttribute("aria-pressed", on);
}

$("theme").setAttribute("aria-pressed", dark());
$("keys").checked = recall("keys") !== "off";
addEventListener("hashchange", () => { const now = restored(location.hash); if (!same(now, state)) change((to) => Object.assign(to, now)); });

state = restored(location.hash);
if (location.hash) for (const id of ["differential", "next", "why", "head"]) $(id).replaceChildren();  // they know of no findings
show();
