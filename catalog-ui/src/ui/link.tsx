import { createLink } from '@tanstack/react-router';
import type { Ref } from 'react';
import { Link as AriaLink, type LinkProps as AriaLinkProps } from 'react-aria-components';
import { cx } from '@/ui/cx';

interface AnchorProps extends Omit<AriaLinkProps, 'className' | 'style'> {
  className?: string;
  /** `plain` for names in tables and lists, where a column of underlines would be noise. */
  look?: 'text' | 'plain' | 'bare';
  ref?: Ref<HTMLAnchorElement>;
}

const looks = {
  text: 'text-accent-ink underline decoration-line-strong underline-offset-3 data-hovered:decoration-current',
  plain: 'font-medium text-accent-ink no-underline data-hovered:underline underline-offset-3',
  bare: 'text-inherit no-underline',
};

function Anchor({ className, look = 'text', ...props }: AnchorProps) {
  return (
    <AriaLink {...props} className={cx('cursor-pointer rounded-sm', looks[look], className)} />
  );
}

/** A link inside the catalog, typed by the router: `<Link to="/p/$domain/$product" params={…}>`. */
export const Link = createLink(Anchor);

/** A link that leaves the catalog or loads a file. */
export function OutLink(props: AnchorProps) {
  return <Anchor target="_blank" rel="noreferrer" {...props} />;
}
