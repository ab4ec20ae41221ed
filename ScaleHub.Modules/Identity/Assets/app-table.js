// Tables, and lists that are read page by page.
(() => {
  const hub = window.hub;
  const { el, format } = hub;

  // A table. columns: { head, cell: row => node or text, number, sort, tight, head row by `main` }. Rows keep their elements as
  // long as they say the same, so that focus and selection survive a reload. `cards`: on narrow screens each row is a card, with
  // two figures side by side when it is "dense".
  hub.table = ({ caption, columns, key, empty, cards, onSort, sorted, link }) => {
    const body = el("tbody");
    const head = el("tr");
    const heads = columns.map(column => {
      const sort =
        column.sort &&
        el(
          "button.sort",
          { type: "button", onclick: () => onSort(column.sort) },
          column.head,
          el("span.arrow", { "aria-hidden": "true" }),
        );
      return el(
        `th${column.number ? ".number" : ""}`,
        { scope: "col" },
        sort || column.head || el("span.unseen", "Actions"),
      );
    });
    head.append(...heads);
    const scroll = el(
      `div.scroll${cards ? ".cards" : ""}${cards === "dense" ? ".dense" : ""}`,
      { role: "group", "aria-label": caption },
      el("table", el("caption.unseen", caption), el("thead", head), body),
    );
    // The keyboard stops at it when there is something to scroll.
    new ResizeObserver(() => {
      if (scroll.scrollWidth > scroll.clientWidth) scroll.tabIndex = 0;
      else scroll.removeAttribute("tabindex");
    }).observe(scroll);
    const nothing = el("div", { hidden: true });
    const rows = new Map();

    function rowOf(row, id) {
      const element = el(
        `tr${link ? ".link" : ""}`,
        columns.map(column => {
          const value = column.cell(row);
          const tag = column.main ? "th" : "td";
          return el(
            `${tag}${column.number ? ".number" : ""}${column.tight ? ".tight" : ""}`,
            { "data-label": column.head || null, scope: column.main ? "row" : null },
            value ?? format.none,
          );
        }),
      );
      // The whole row leads where its link does; the link itself is what the keyboard and screen readers find.
      if (link)
        element.addEventListener("click", event => {
          if (!event.target.closest("a, button") && !String(getSelection())) location.hash = link(row);
        });
      element.dataset.key = id;
      return element;
    }

    function update(items) {
      const seen = new Set();
      const focused = document.activeElement?.closest?.("tr[data-key]");
      const place =
        focused && body.contains(focused)
          ? [focused.dataset.key, [...focused.querySelectorAll("a, button")].indexOf(document.activeElement)]
          : null;
      for (const row of items) {
        const id = String(key(row));
        const text = JSON.stringify(row);
        seen.add(id);
        const known = rows.get(id);
        if (known?.text !== text) rows.set(id, { text, element: rowOf(row, id) });
      }
      for (const id of rows.keys()) if (!seen.has(id)) rows.delete(id);
      const elements = items.map(row => rows.get(String(key(row))).element);
      if (elements.length !== body.children.length || elements.some((element, i) => element !== body.children[i])) {
        body.replaceChildren(...elements);
        if (place && place[1] >= 0)
          rows.get(place[0])?.element.querySelectorAll("a, button")[place[1]]?.focus({ preventScroll: true });
      }
      scroll.hidden = items.length === 0;
      nothing.hidden = items.length > 0;
      if (!items.length)
        nothing.replaceChildren(typeof empty === "function" ? empty() : (empty ?? hub.empty("Nothing here.")));
      mark();
    }

    function mark() {
      columns.forEach((column, i) => {
        if (column.sort) heads[i].setAttribute("aria-sort", sorted?.() === column.sort ? "descending" : "none");
      });
    }
    mark();
    return { element: el("div", scroll, nothing), update };
  };

  // A list whose further pages are asked for by a button. load(cursor) answers { items, page }.
  hub.pages = ({ table, load, signal, lines }) => {
    const more = hub.button("Show more", () => next(), { small: true });
    const foot = el("div.more", { hidden: true }, more);
    let pages = [];
    let cursor = null;
    const draw = () => {
      table.update(pages.flat());
      foot.hidden = !cursor;
    };
    async function next() {
      more.disabled = true;
      try {
        const answer = await load(cursor);
        pages.push(answer.items);
        cursor = answer.page?.nextCursor ?? null;
        draw();
      } catch (error) {
        if (!signal?.aborted) hub.toast(error.message, "bad");
      } finally {
        more.disabled = false;
      }
    }
    // Loading again asks for the first page alone: further ones are behind a button and would be read again and again.
    return hub.place({
      signal,
      lines,
      load: () => (pages.length > 1 ? null : load(null)),
      show(answer, shown) {
        if (answer) {
          pages = [answer.items];
          cursor = answer.page?.nextCursor ?? null;
        }
        draw();
        return shown ? null : el("div", table.element, foot);
      },
    });
  };
})();
