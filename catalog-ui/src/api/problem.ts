/** What the server says when it refuses, after RFC 9457, and the two fields that let people ask about it. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  trace_id?: string;
  explain_id?: string;
  changed?: boolean;
}

/** A call that did not succeed. `problem.status` is 0 when the server could not be reached at all. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiProblem';
    this.problem = problem;
  }

  /** The network failed, or something between us and the server did. */
  get unreachable(): boolean {
    return this.problem.status === 0 || this.problem.status === 502 || this.problem.status === 504;
  }

  /** What does not exist and what may not be known of answer alike. */
  get notFound(): boolean {
    return this.problem.status === 404;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get worthRetrying(): boolean {
    const { status } = this.problem;
    return status === 0 || status === 408 || status === 429 || status >= 500;
  }
}

/** Reads a problem document, or makes one of whatever came instead. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const trace = response.headers.get('x-trace-id') ?? undefined;
  const plain: Problem = {
    title: response.statusText || `Status ${response.status}`,
    status: response.status,
    trace_id: trace,
  };
  if (!(response.headers.get('content-type') ?? '').includes('json')) return new ApiProblem(plain);
  try {
    const body: unknown = await response.clone().json();
    if (typeof body !== 'object' || body === null) return new ApiProblem(plain);
    return new ApiProblem({ ...plain, ...(body as Partial<Problem>), status: response.status });
  } catch {
    return new ApiProblem(plain);
  }
}

/** Any thrown value as a problem; an aborted call stays what it is, for the caller to ignore. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  // fetch throws a TypeError for every failure of the network.
  if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) {
    return new ApiProblem({ title: 'unreachable', status: 0 });
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiProblem({ title: 'unexpected', status: -1, detail });
}
