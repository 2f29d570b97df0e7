import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, makeAuthority } from '@shiplog/pki';
import { eventually, freePort } from '@shiplog/testing';
import type { TestEngine } from './test-engine';

/** Where engines look for the authorities that they trust for single registries. */
const TRUSTED = '/etc/docker/certs.d';
export const USER = 'me';
export const PASSWORD = 'secret';
/** Of the password, by bcrypt: the one form that the registry takes. */
const HASHED = '$2b$04$9Ok11wkJN74TqM/LLL7JmeBodfqzLdB9MapCzgVlZC7IXJqDrrsei';

/** A registry of a test's own (Debian's docker-registry), with TLS and a password, as a company has one. */
export class TestRegistry {
  #process: ChildProcess | undefined;
  #authority = '';

  private constructor(
    private readonly directory: string,
    /** `192.0.2.1:5000`: not on the loopback, where engines ask for no certificate. */
    readonly host: string,
  ) {}

  static async start(): Promise<TestRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'shiplog-registry-'));
    const registry = new TestRegistry(directory, `${ownAddress()}:${await freePort()}`);
    await registry.#configure();
    await registry.resume();
    await registry.trust();
    return registry;
  }

  /** Has the engines of this machine trust it. */
  async trust(): Promise<void> {
    await mkdir(join(TRUSTED, this.host), { recursive: true });
    await writeFile(join(TRUSTED, this.host, 'ca.crt'), this.#authority);
  }

  async distrust(): Promise<void> {
    await rm(join(TRUSTED, this.host), { recursive: true, force: true });
  }

  /** Starts it (again); resolves when it answers. */
  async resume(): Promise<void> {
    const { directory } = this;
    const server = spawn('docker-registry', ['serve', join(directory, 'config.json')], { stdio: 'ignore' });
    this.#process = server;
    await once(server, 'spawn');
    await eventually(() => server.exitCode === null && this.#answers());
  }

  async pause(): Promise<void> {
    if (this.#process === undefined || this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }

  /** Puts an image of an engine there, under a name of this registry. */
  async push(engine: TestEngine, image: string, name: string): Promise<string> {
    const reference = `${this.host}/${name}`;
    const config = ['--config', join(this.directory, 'docker')];
    await engine.docker(...config, 'login', '-u', USER, '-p', PASSWORD, this.host);
    await engine.docker('tag', image, reference);
    await engine.docker(...config, 'push', reference);
    await engine.docker('rmi', reference);
    return reference;
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.distrust();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #configure(): Promise<void> {
    const at = (name: string): string => join(this.directory, name);
    const term = { days: 1, now: Date.now() };
    const authority = await makeAuthority('a registry', term);
    const names = [this.host.split(':')[0] ?? ''];
    const own = await issue(authority, { commonName: 'registry', names, usage: ['server'], ...term });
    this.#authority = authority.certificate;
    await writeFile(at('tls.crt'), own.certificate);
    await writeFile(at('tls.key'), own.key);
    await writeFile(at('htpasswd'), `${USER}:${HASHED}\n`);
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: at('data') } },
      http: { addr: this.host, tls: { certificate: at('tls.crt'), key: at('tls.key') } },
      auth: { htpasswd: { realm: 'a registry', path: at('htpasswd') } },
    };
    await writeFile(at('config.json'), JSON.stringify(config));
  }

  /** That it asks who is there. */
  async #answers(): Promise<boolean> {
    const asked = request(`https://${this.host}/v2/`, { ca: this.#authority });
    asked.end();
    const [{ statusCode }] = (await once(asked, 'response')) as [{ statusCode?: number }];
    return statusCode === 401;
  }
}

function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flat();
  const own = all.find((address) => address?.family === 'IPv4' && !address.internal);
  if (own === undefined) throw new Error('this machine has no address but the loopback’s');
  return own.address;
}
