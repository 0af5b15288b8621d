const key = 'weft.request';

interface Remembered {
  /** The purpose that was asked for last, by product. */
  purposes: Record<string, string>;
  /** Notes that were begun and not sent, by port. */
  drafts: Record<string, string>;
}

function load(): Remembered {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Remembered>;
    return { purposes: kept.purposes ?? {}, drafts: kept.drafts ?? {} };
  } catch {
    return { purposes: {}, drafts: {} };
  }
}

function store(kept: Remembered): void {
  try {
    localStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // Nothing is remembered then, and nothing is lost.
  }
}

/** What somebody wrote before, so that the form does not ask twice (WCAG 3.3.7). */
export function remembered(product: string, port: string): { purpose?: string; note: string } {
  const kept = load();
  return { purpose: kept.purposes[product], note: kept.drafts[port] ?? '' };
}

export function rememberDraft(port: string, note: string): void {
  const kept = load();
  if (note) kept.drafts[port] = note;
  else delete kept.drafts[port];
  store(kept);
}

export function rememberSent(product: string, port: string, purpose: string | null): void {
  const kept = load();
  if (purpose) kept.purposes[product] = purpose;
  delete kept.drafts[port];
  store(kept);
}
