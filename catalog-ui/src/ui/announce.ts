/** Says something to screen readers without moving focus. The shell holds the regions; see `LiveRegions`. */
export function announce(text: string, how: 'polite' | 'assertive' = 'polite'): void {
  const region = document.getElementById(`live-${how}`);
  if (!region) return;
  // The same text twice is read twice only if the region changes.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
