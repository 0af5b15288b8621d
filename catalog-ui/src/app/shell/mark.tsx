import { cx } from '@/ui/cx';

/** Threads over and under: the sign of Weft. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={cx('shrink-0', className)}>
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <g fill="none" strokeWidth="2.6" strokeLinecap="round" className="stroke-on-accent">
        <path d="M7 11h5M16.500 11H25M7 21h9.500M21 21h4" />
        <path d="M11 7v9.500M11 21v4M21 7v4M21 15.500V25" />
      </g>
    </svg>
  );
}
