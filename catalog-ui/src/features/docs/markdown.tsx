import ReactMarkdown, { type Components } from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import { t } from '@/features/docs/words';
import { CodeBlock } from '@/ui/code-block';
import { Link, OutLink } from '@/ui/link';

/** The text inside whatever a code block was made of. */
function textOf(node: React.ReactNode): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return node.map(textOf).join('');
  if (node && typeof node === 'object' && 'props' in node) {
    return textOf((node.props as { children?: React.ReactNode }).children);
  }
  return '';
}

/** `console` of a block that began with three ticks and that word. */
function languageOf(node: React.ReactNode): string {
  if (node && typeof node === 'object' && 'props' in node) {
    const { className } = node.props as { className?: string };
    return /language-(\S+)/.exec(className ?? '')?.[1] ?? t('text');
  }
  return t('text');
}

const components: Components = {
  h1: ({ children }) => <h2 className="mt-6 mb-2 text-xl font-semibold">{children}</h2>,
  h2: ({ children }) => <h2 className="mt-6 mb-2 text-lg font-semibold">{children}</h2>,
  h3: ({ children }) => <h3 className="mt-5 mb-1.5 font-semibold">{children}</h3>,
  p: ({ children }) => <p className="my-3 text-lg leading-7">{children}</p>,
  ul: ({ children }) => <ul className="my-3 list-disc pl-6 text-lg leading-7">{children}</ul>,
  ol: ({ children }) => <ol className="my-3 list-decimal pl-6 text-lg leading-7">{children}</ol>,
  code: ({ children }) => (
    <code className="rounded-sm bg-sunken px-1 font-mono text-[0.9em] text-code-ink">
      {children}
    </code>
  ),
  pre: ({ children }) => {
    const text = textOf(children).trim();
    return <CodeBlock label={languageOf(children)} code={text} className="my-3" />;
  },
  table: ({ children }) => (
    <section aria-label="Table" tabIndex={0} className="my-3 overflow-x-auto">
      <table className="w-full border-collapse text-left">{children}</table>
    </section>
  ),
  th: ({ children }) => (
    <th className="border-b border-line px-3 py-2 text-sm font-medium text-ink-soft">{children}</th>
  ),
  td: ({ children }) => <td className="border-b border-line px-3 py-2 align-top">{children}</td>,
  a: ({ href, children }) => {
    const code = /\b(W\d{4})\.md$/.exec(href ?? '')?.[1];
    return code ? (
      <Link to="/docs/$" params={{ _splat: `errors/${code}` }}>
        {children}
      </Link>
    ) : (
      <OutLink href={href}>{children}</OutLink>
    );
  },
};

/** Markdown of the manual, as safe as if it came from anywhere. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="max-w-3xl">
      <ReactMarkdown rehypePlugins={[rehypeSanitize]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
