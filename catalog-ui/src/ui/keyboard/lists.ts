/** Links or buttons that the arrows and j/k visit in a `data-list`: marked ones, else every row's first. */
function stops(list: Element): HTMLElement[] {
  const marked = [...list.querySelectorAll<HTMLElement>('[data-list-item]')];
  if (marked.length > 0) return marked;
  return [...list.children]
    .map((row) => row.querySelector<HTMLElement>('a[href],button'))
    .filter((stop) => stop !== null);
}

/** Moves focus by `step` in the list that holds it, or into the first list of the page. */
export function moveInList(step: 1 | -1): void {
  const focused = document.activeElement;
  const list = focused?.closest('[data-list]') ?? document.querySelector('main [data-list]');
  if (!list) return;
  const all = stops(list);
  const at = all.findIndex((stop) => stop === focused || stop.contains(focused));
  const inRow = at >= 0 ? at : all.findIndex((stop) => rowOf(stop, list)?.contains(focused));
  const next = inRow < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, inRow + step))];
  next?.focus();
}

function rowOf(stop: Element, list: Element): Element | undefined {
  return [...list.children].find((row) => row.contains(stop));
}

/** Presses the control marked `mark` (`data-actions`, `data-why`) that is nearest to the focus. */
export function pressNearest(mark: 'data-actions' | 'data-why'): void {
  for (
    let around: Element | null = document.activeElement;
    around && around !== document.body;
    around = around.parentElement
  ) {
    const control = around.matches(`[${mark}]`) ? around : around.querySelector(`[${mark}]`);
    if (control instanceof HTMLElement) {
      control.focus();
      control.click();
      return;
    }
  }
  const only = document.querySelectorAll<HTMLElement>(`main [${mark}]`);
  if (only.length === 1) only[0]?.click();
}
