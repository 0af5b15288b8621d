import { type ComponentProps, useEffect, useRef, useState } from 'react';

export interface ScrollingProps extends Omit<ComponentProps<'div'>, 'role' | 'tabIndex' | 'ref'> {
  'aria-label': string;
}

/** A box that may scroll. Only while it does is it a stop for the Tab key, so that keyboards can scroll it too. */
export function Scrolling(props: ScrollingProps) {
  const box = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () =>
      setScrolls(
        element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight,
      );
    const observer = new ResizeObserver(look);
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    look();
    return () => observer.disconnect();
  }, []);
  return <div {...props} ref={box} role="group" tabIndex={scrolls ? 0 : undefined} />;
}
