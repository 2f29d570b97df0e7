import { readFileSync } from 'node:fs';
import type { KubeObject, KubeStatus } from '@shiplog/contracts';
import { Pool } from 'undici';
import { parse } from 'yaml';

/** The part of a kubeconfig that is read: the first cluster, and the first user with a token. */
interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string; 'tls-server-name'?: string } }];
  users: [{ user: { token: string } }];
}

/** How long an answer may keep one waiting, in milliseconds. */
const PATIENCE_MS = 30_000;

/** The API said no. */
export class KubeRefused extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'KubeRefused';
  }
}

/** A small client of the Kubernetes API, over kept connections; what the launcher, the tests and the bench need. */
export class KubeClient {
  private readonly connections: Pool;
  readonly server: URL;
  readonly token: string;

  constructor(kubeconfigPath: string, connections = 8) {
    const { clusters, users } = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
    const { cluster } = clusters[0];
    this.server = new URL(cluster.server);
    this.token = users[0].user.token;
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    this.connections = new Pool(this.server.origin, {
      connections,
      connect: { ca, servername: cluster['tls-server-name'] },
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
    });
  }

  get<T>(path: string): Promise<T> {
    return this.call('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.call('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.call('PUT', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call('PATCH', path, body, 'application/merge-patch+json');
  }

  delete<T>(path: string, body?: unknown): Promise<T> {
    return this.call('DELETE', path, body);
  }

  close(): void {
    void this.connections.destroy();
  }

  /** Any request; answers the parsed JSON. Throws `KubeRefused`, or what the connection threw. */
  async call<T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}`, accept: 'application/json' };
    const { statusCode, body: answer } = await this.connections.request({
      method,
      path,
      headers: body === undefined ? headers : { ...headers, 'content-type': contentType },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (statusCode >= 200 && statusCode < 300) return parseBody<T>(text);
    throw new KubeRefused(statusCode, refusal(text));
  }
}

/** Health endpoints answer plain text. */
function parseBody<T>(text: string): T {
  return (text.startsWith('{') ? JSON.parse(text) : text) as T;
}

function refusal(text: string): string {
  return text.startsWith('{') ? ((JSON.parse(text) as KubeStatus).message ?? text) : text;
}

const PLURALS: Readonly<Record<string, string>> = {
  Service: 'services',
  Deployment: 'deployments',
  Pod: 'pods',
  ConfigMap: 'configmaps',
};

/** Where objects as this one are, in a namespace. */
export function collectionPath({ apiVersion, kind }: KubeObject, namespace: string): string {
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`the launcher does not know where a ${kind} goes`);
  const group = apiVersion.includes('/') ? 'apis' : 'api';
  return `/${group}/${apiVersion}/namespaces/${namespace}/${plural}`;
}

/** Creates an object unless one of that name is there. Whether it created it. */
export async function createIfMissing(client: KubeClient, object: KubeObject, namespace: string): Promise<boolean> {
  try {
    await client.post(collectionPath(object, namespace), object);
    return true;
  } catch (error) {
    if (error instanceof KubeRefused && error.code === 409) return false;
    throw error;
  }
}
