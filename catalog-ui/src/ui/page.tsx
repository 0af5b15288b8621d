import { type ReactNode, useEffect } from 'react';
import { cx } from '@/ui/cx';
import { t } from '@/words/shell';

export interface PageProps {
  /** The heading and the title of the browser's tab. */
  title: string;
  /** A heading of more than text; `title` stays that of the tab. */
  heading?: ReactNode;
  /** One sentence below the heading. */
  lead?: ReactNode;
  /** What can be done with the whole of it. */
  actions?: ReactNode;
  above?: ReactNode;
  /** `full` for workbenches that fill the window; the others keep a readable width. */
  width?: 'reading' | 'wide' | 'full';
  children: ReactNode;
}

const widths = { reading: 'max-w-4xl', wide: 'max-w-7xl', full: 'max-w-none' };

/** The frame of every page: title, heading, actions. */
export function Page({
  title,
  heading,
  lead,
  actions,
  above,
  width = 'wide',
  children,
}: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${t('weft')}`;
  }, [title]);
  return (
    <div className={cx('mx-auto w-full px-4 pt-5 pb-16 sm:px-6 lg:px-8', widths[width])}>
      {above}
      <header className="mb-5 flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="text-2xl font-semibold tracking-tight break-words text-ink">
            {heading ?? title}
          </h1>
          {lead ? <div className="mt-1 max-w-3xl text-lg text-ink-soft">{lead}</div> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}
