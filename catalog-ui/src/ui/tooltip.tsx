import type { ReactElement, ReactNode } from 'react';
import { Tooltip as AriaTooltip, Button, TooltipTrigger } from 'react-aria-components';
import { cx } from '@/ui/cx';

export interface TooltipProps {
  text: ReactNode;
  /** A `Button` or a `Link`. Anything else goes through `TooltipOn`. */
  children: ReactElement;
}

export const tooltipClass =
  'animate-arrive max-w-72 rounded-md border border-line bg-raised px-2.5 py-1.5 text-sm text-ink shadow-high';

/** A short word more about a control. Never the only place of something a person needs. */
export function Tooltip({ text, children }: TooltipProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <AriaTooltip offset={6} className={tooltipClass}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}

/** The same on a word of text, which becomes a button so that keyboards and fingers reach it. */
export function TooltipOn({
  text,
  children,
  className,
}: {
  text: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <TooltipTrigger delay={300} closeDelay={80}>
      <Button className={cx('cursor-help rounded-sm text-left', className)}>{children}</Button>
      <AriaTooltip offset={6} className={tooltipClass}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
