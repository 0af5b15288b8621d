import type { ReactNode } from 'react';
import { CopyButton } from '@/ui/copy-button';
import { cx } from '@/ui/cx';
import { Scrolling } from '@/ui/scrolling';

export interface CodeBlockProps {
  code: string;
  /** What the block is, for screen readers and as its heading. */
  label: string;
  labelHidden?: boolean;
  /** Lines to mark, counted from 1. */
  marked?: readonly number[];
  lineNumbers?: boolean;
  actions?: ReactNode;
  wrap?: boolean;
  /** Scrolls inside when it is long. */
  tall?: boolean;
  className?: string;
}

/** Text for machines, with a button that copies it whole. */
export function CodeBlock(props: CodeBlockProps) {
  const {
    code,
    label,
    labelHidden,
    marked = [],
    lineNumbers,
    actions,
    wrap,
    tall,
    className,
  } = props;
  const lines = code.replace(/\n$/, '').split('\n');
  return (
    <figure className={cx('m-0 min-w-0 rounded-md border border-line bg-sunken', className)}>
      <figcaption
        className={cx(
          'flex items-center gap-2 py-1 pr-1.5 pl-3 text-sm text-ink-soft',
          !labelHidden && 'border-b border-line',
        )}
      >
        <span className={cx('min-w-0 flex-1 truncate', labelHidden && 'sr-only')}>{label}</span>
        {labelHidden ? <span className="flex-1" /> : null}
        {actions}
        <CopyButton text={code} iconOnly label={`Copy: ${label}`} />
      </figcaption>
      <Scrolling
        aria-label={label}
        className={cx(
          'overflow-x-auto px-3 py-2.5 font-mono text-sm whitespace-pre text-code-ink',
          wrap && 'whitespace-pre-wrap!',
          tall && 'max-h-112 overflow-y-auto',
        )}
      >
        {lines.map((line, at) => (
          <code key={at} className={cx('block min-h-5', marked.includes(at + 1) && 'bg-warn-soft')}>
            {lineNumbers ? (
              <span
                aria-hidden
                className="mr-4 inline-block w-8 text-right text-ink-faint select-none"
              >
                {at + 1}
              </span>
            ) : null}
            {line}
          </code>
        ))}
      </Scrolling>
    </figure>
  );
}

/** A name or a value of the machine inside running text. */
export function Code({ children, className }: { children: ReactNode; className?: string }) {
  return <code className={cx('font-mono text-[0.93em] text-code-ink', className)}>{children}</code>;
}
