/* Small comforts on top of pages that work without them. Each one looks for its own data attributes and leaves the rest alone. */

const language = document.documentElement.lang || "sv";
const locale = { sv: "sv-SE", fi: "fi-FI", en: "en-GB" }[language] ?? language;

/** Read an amount as people write it, `12 500,50`, into öre; null when it isn't one. BigInt: never a float. */
export function parseOre(text) {
  const match = /^(\d+)(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s\u00a0\u202f]/g, ""));
  return match ? BigInt(match[1]) * 100n + BigInt((match[2] ?? "").padEnd(2, "0")) : null;
}

/** Write öre in the page's language with `kr`, as the server does. */
export function formatKronor(ore) {
  const size = ore < 0n ? -ore : ore;
  const separator = new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === "decimal").value;
  const whole = new Intl.NumberFormat(locale).format(size / 100n);
  return `${ore < 0n ? "\u2212" : ""}${whole}${separator}${String(size % 100n).padStart(2, "0")}\u00a0kr`;
}

function show(box, value, note, state) {
  box.querySelector("output").textContent = value;
  box.querySelector(".live-note").textContent = note;
  box.classList.toggle("is-over", state === "over");
  box.classList.toggle("is-off", state === "off");
  box.hidden = value === "";
}

/** What is left of a frame or a grant, while an amount is typed. */
function followRemaining(box) {
  const form = box.closest("form");
  const update = () => {
    const select = form.elements[box.dataset.selectField];
    const left = select ? select.selectedOptions[0]?.dataset.remainingOre : box.dataset.remainingOre;
    if (!left) return show(box, "", "", "");
    const typed = parseOre(form.elements[box.dataset.amountField]?.value ?? "") ?? 0n;
    const after = BigInt(left) - typed;
    return show(box, formatKronor(after), after < 0n ? box.dataset.over : "", after < 0n ? "over" : "");
  };
  form.addEventListener("input", update);
  update();
}

/** Whether the parts add up to the total. */
function followBalance(box) {
  const form = box.closest("form");
  const update = () => {
    const parts = [...form.elements].filter((field) => field.name.startsWith(box.dataset.partsPrefix) && field.value.trim());
    const total = parseOre(form.elements[box.dataset.totalField]?.value ?? "");
    if (total === null || parts.length === 0) return show(box, "", "", "");
    const sum = parts.reduce((before, field) => before + (parseOre(field.value) ?? 0n), 0n);
    const left = total - sum;
    if (left === 0n) return show(box, formatKronor(sum), box.dataset.even, "");
    const size = formatKronor(left < 0n ? -left : left);
    return show(box, formatKronor(sum), `${size} ${left > 0n ? box.dataset.left : box.dataset.over}`, left > 0n ? "off" : "over");
  };
  form.addEventListener("input", update);
  update();
}

/** Ask before a step that can't be taken back, and send a form once however often its button is pressed. */
function guard(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent || (form.dataset.confirm && !window.confirm(form.dataset.confirm))) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
  });
}

/** A page that comes back from the browser's memory can be sent again. */
function release() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[type=submit]")) button.removeAttribute("aria-disabled");
  }
}

function copyButton(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const words = button.querySelector(".visually-hidden");
  const before = words.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = button.dataset.copied;
    words.setAttribute("role", "status");
    words.classList.remove("visually-hidden");
    button.classList.add("is-copied");
    setTimeout(() => {
      words.textContent = before;
      words.classList.add("visually-hidden");
      button.classList.remove("is-copied");
    }, 2000);
  });
}

function menu(button) {
  const nav = document.getElementById(button.getAttribute("aria-controls"));
  const set = (open) => {
    button.setAttribute("aria-expanded", String(open));
    nav.classList.toggle("is-open", open);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      set(false);
      button.focus();
    }
  });
}

/** A menu that unfolds closes again by Escape and by a click elsewhere. */
function popup(details) {
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && details.open) {
      details.open = false;
      details.querySelector("summary").focus();
    }
  });
}

/** A table's frame is a stop for the keyboard only while there is something to scroll. */
function tableFrame(frame) {
  const name = frame.getAttribute("aria-label");
  new ResizeObserver(() => {
    if (frame.scrollWidth > frame.clientWidth + 1) {
      frame.tabIndex = 0;
      frame.setAttribute("role", "region");
      frame.setAttribute("aria-label", name);
    } else {
      for (const attribute of ["tabindex", "role", "aria-label"]) frame.removeAttribute(attribute);
    }
  }).observe(frame);
}

/** A part that says so is fetched again now and then; when it no longer does, the whole page is, for more has changed. */
function refresh(part) {
  const again = () => setTimeout(look, Number(part.dataset.refresh) * 1000);
  const look = async () => {
    if (document.hidden) return again();
    try {
      const answer = await fetch(location.href);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (!answer.ok || !fresh?.dataset.refresh) return location.reload();
      part.innerHTML = fresh.innerHTML;
    } catch {
      // The server may be restarting: it is asked again.
    }
    return again();
  };
  again();
}

/** Fields left empty stay out of a filter's address, so that it is short enough to pass on. */
function filterBar(form) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}

/** An error in the summary says which field it belongs to. */
function nameField(link) {
  const field = document.getElementById(link.hash.slice(1));
  const label = field?.type === "radio" ? field.closest("fieldset").querySelector("legend") : field?.labels?.[0];
  const words = label?.firstChild?.textContent.trim();
  if (words) link.prepend(`${words}: `);
}

/** An address with a fragment inside a folded part opens it, and so does an error inside it. */
function unfold() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  for (const element of [target, ...document.querySelectorAll("details .has-error")]) {
    const fold = element?.closest("details.confirm, details.fold");
    if (fold) fold.open = true;
  }
}

const each = (selector, enhance) => document.querySelectorAll(selector).forEach(enhance);
each("[data-remaining]", followRemaining);
each("[data-balance]", followBalance);
each("form[data-guard]", guard);
each("[data-copy]", copyButton);
each(".menu-button", menu);
each(".user-menu, .nav-group", popup);
each(".table-frame", tableFrame);
each(".filter-bar", filterBar);
each("[data-refresh]", refresh);
each(".error-summary a", nameField);
each("[data-focus]", (element) => element.focus());
unfold();
addEventListener("hashchange", unfold);
addEventListener("pageshow", (event) => event.persisted && release());
