import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const repository = resolve(import.meta.dirname, '../../..');
export const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache/weft-target');
const binary = process.env.WEFT ?? join(target, 'release/weft');

/** The caller's environment without what would change how Weft or git behave. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS_|WEFT_|GIT_)/.test(name))),
  NO_COLOR: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

function git(folder: string, ...words: string[]): string {
  const identity = ['-c', 'user.name=Kim Sato', '-c', 'user.email=kim@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...words], { cwd: folder, env: environment, encoding: 'utf8' }).trim();
}

/** The demo's manifests in a bare repository, as a team pushes to it, and a clone of it to work in. */
export class Repository {
  readonly bare: string;
  private readonly work: string;

  constructor(folder: string) {
    this.work = join(folder, 'work');
    this.bare = join(folder, 'mesh.git');
    mkdirSync(this.work, { recursive: true });
    for (const name of ['products', 'governance']) {
      cpSync(join(repository, name), join(this.work, name), {
        recursive: true,
        filter: (path) => !path.endsWith('__pycache__'),
      });
    }
    git(this.work, 'init', '--quiet', '--initial-branch=main');
    git(this.work, 'add', '--all');
    git(this.work, 'commit', '--quiet', '--message', 'The demo mesh');
    git(folder, 'clone', '--quiet', '--bare', this.work, this.bare);
    git(this.work, 'remote', 'add', 'origin', this.bare);
  }

  text(path: string): string {
    return readFileSync(join(this.work, path), 'utf8');
  }

  /** The commit that was pushed last. */
  head(): string {
    return git(this.work, 'rev-parse', 'HEAD');
  }

  /** Commits texts and pushes them; gives the commit. */
  push(message: string, texts: Record<string, string>): string {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(this.work, path)), { recursive: true });
      writeFileSync(join(this.work, path), text);
    }
    git(this.work, 'add', '--all');
    git(this.work, 'commit', '--quiet', '--message', message);
    git(this.work, 'push', '--quiet', 'origin', 'main');
    return this.head();
  }
}

/** A mesh that is served by a process of its own, on free ports. */
export class Mesh {
  private constructor(
    readonly http: string,
    readonly flight: string,
    readonly repository: Repository,
    readonly home: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** `weft up`, or with `config` (the text of a configuration file) `weft serve`. */
  static async start(config?: (places: { mesh: string; home: string }) => string): Promise<Mesh> {
    const folder = mkdtempSync(join(tmpdir(), 'weft-browser-'));
    const repository = new Repository(folder);
    const home = join(folder, 'home');
    let words = ['up', repository.bare, '--home', home, '--http', '127.0.0.1:0', '--flight', '127.0.0.1:0'];
    if (config) {
      const file = join(folder, 'weft.toml');
      writeFileSync(file, config({ mesh: repository.bare, home }));
      words = ['serve', '--config', file];
    }
    const process = spawn(binary, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const told: string[] = [];
    process.stderr.setEncoding('utf8').on('data', (text: string) => told.push(text));
    const ready = await new Promise<RegExpExecArray>((done, failed) => {
      process.once('error', failed);
      process.once('exit', (code) => failed(new Error(`weft ended with ${code} before it was ready:\n${told.join('')}`)));
      createInterface({ input: process.stdout }).on('line', (line) => {
        const found = /^ready http=(\S+) flight=(\S+)/.exec(line);
        if (found) done(found);
      });
    });
    const [, http = '', flight = ''] = ready;
    return new Mesh(http.replace(/\/$/, ''), flight, repository, home, folder, process);
  }

  /** A signed bearer token of somebody. */
  token(name: string): string {
    const words = ['token', name, '--home', this.home];
    return execFileSync(binary, words, { env: environment, encoding: 'utf8' }).trim();
  }

  /** Ends it as Ctrl-C does, and leaves nothing behind. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once('exit', done));
      this.process.kill('SIGINT');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
