import { cx } from '@/ui/cx';

/** A grey place for what is coming, as big as what is coming. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div
      aria-hidden
      className={cx('animate-skeleton rounded-md bg-hover', className ?? 'h-4 w-full')}
    />
  );
}

/** The usual skeletons, so that pages do not jump when their answer arrives. */
export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    <div aria-hidden className="flex flex-col gap-3 py-2">
      {Array.from({ length: rows }, (_, at) => (
        <Skeleton
          key={at}
          className={cx('h-5', at % 3 === 1 ? 'w-4/5' : at % 3 === 2 ? 'w-2/3' : 'w-full')}
        />
      ))}
    </div>
  );
}

export function SkeletonCards({ cards = 3 }: { cards?: number }) {
  return (
    <div aria-hidden className="grid gap-4 md:grid-cols-3">
      {Array.from({ length: cards }, (_, at) => (
        <Skeleton key={at} className="h-36" />
      ))}
    </div>
  );
}
