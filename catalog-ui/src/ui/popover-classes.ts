/** The look of what opens over the page, and of what can be chosen in it: one for menus, selects and combo boxes. */
export const popoverClass =
  'animate-arrive overflow-auto rounded-lg border border-line bg-raised p-1 shadow-high outline-none';

export const itemClass =
  'flex cursor-pointer items-start gap-2 rounded-md px-2 py-1.5 text-base text-ink outline-none ' +
  'data-focused:bg-hover data-disabled:opacity-55 data-disabled:cursor-not-allowed';
