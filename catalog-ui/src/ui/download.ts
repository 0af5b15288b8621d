/** Gives a file to the browser's downloads. What it holds never leaves this machine. */
export function download(name: string, type: string, content: BlobPart): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser takes it at once; some take it after the event.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
