import { createLink } from '@tanstack/react-router';
import type { Ref } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Link as AriaLink,
  type LinkProps as AriaLinkProps,
} from 'react-aria-components';
import { cx } from '@/ui/cx';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';
export type ButtonSize = 'small' | 'medium' | 'icon';

const kinds: Record<ButtonKind, string> = {
  primary: 'border-transparent bg-accent text-on-accent data-hovered:bg-accent-hover',
  secondary: 'border-line-strong bg-surface text-ink data-hovered:bg-hover',
  quiet:
    'border-transparent bg-transparent text-ink-soft data-hovered:bg-hover data-hovered:text-ink',
  danger: 'border-transparent bg-bad-fill text-on-bad data-hovered:opacity-90',
};

const sizes: Record<ButtonSize, string> = {
  small: 'min-h-7 px-2.5 text-sm gap-1.5',
  medium: 'min-h-9 px-3.5 text-base gap-2',
  icon: 'size-9 justify-center',
};

function buttonClass(kind: ButtonKind, size: ButtonSize, more?: string): string {
  return cx(
    'inline-flex shrink-0 cursor-pointer items-center justify-center rounded-md border font-medium whitespace-nowrap no-underline select-none',
    'data-disabled:cursor-not-allowed data-disabled:opacity-55 data-pressed:translate-y-px',
    kinds[kind],
    sizes[size],
    more,
  );
}

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style'> {
  kind?: ButtonKind;
  size?: ButtonSize;
  className?: string;
  ref?: Ref<HTMLButtonElement>;
}

/** Does something here. What leads to another page is a `ButtonLink`. An `icon` button needs an `aria-label`. */
export function Button({ kind = 'secondary', size = 'medium', className, ...props }: ButtonProps) {
  return <AriaButton {...props} className={buttonClass(kind, size, className)} />;
}

interface ButtonAnchorProps extends Omit<AriaLinkProps, 'className' | 'style'> {
  kind?: ButtonKind;
  size?: ButtonSize;
  className?: string;
  ref?: Ref<HTMLAnchorElement>;
}

function ButtonAnchor({
  kind = 'secondary',
  size = 'medium',
  className,
  ...props
}: ButtonAnchorProps) {
  return <AriaLink {...props} className={buttonClass(kind, size, className)} />;
}

/** Looks like a button and leads to another page: `<ButtonLink to="/sql" search={{ port }} kind="primary">`. */
export const ButtonLink = createLink(ButtonAnchor);
