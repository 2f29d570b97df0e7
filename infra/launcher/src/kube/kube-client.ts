import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { KubeObject, KubeStatus } from '@shiplog/contracts';
import { parse } from 'yaml';

interface Kubeconfig {
  clusters: {
    cluster: { server: string; 'certificate-authority-data': string; 'tls-server-name'?: string };
  }[];
  users: { user: { token: string } }[];
}

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
  private readonly agent: Agent;
  readonly server: URL;
  readonly token: string;

  constructor(kubeconfigPath: string, connections = 8) {
    const config = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
    const { cluster } = config.clusters[0]!;
    this.server = new URL(cluster.server);
    this.token = config.users[0]!.user.token;
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, ca, servername: cluster['tls-server-name'] });
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
    this.agent.destroy();
  }

  /** Any request; answers the parsed JSON. Throws `KubeRefused`, or what the connection threw. */
  call<T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<T> {
    const data = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          method,
          host: this.server.hostname,
          port: this.server.port,
          path,
          agent: this.agent,
          headers: {
            authorization: `Bearer ${this.token}`,
            accept: 'application/json',
            ...(data === undefined ? {} : { 'content-type': contentType, 'content-length': data.length }),
          },
          timeout: 30_000,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () => {
            const text = Buffer.concat(chunks).toString();
            const code = response.statusCode ?? 0;
            if (code >= 200 && code < 300) resolve(parseBody<T>(text));
            else reject(new KubeRefused(code, refusal(text)));
          });
        },
      );
      asked.once('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path}`)));
      asked.once('error', reject);
      asked.end(data);
    });
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
  ReplicationController: 'replicationcontrollers',
  Pod: 'pods',
  ConfigMap: 'configmaps',
};

/** Where objects of a kind of the core group are, in a namespace. */
export function collectionPath(kind: string, namespace: string): string {
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`the launcher does not know where a ${kind} goes`);
  return `/api/v1/namespaces/${namespace}/${plural}`;
}

/** Creates an object unless one of that name is there. Whether it created it. */
export async function createIfMissing(client: KubeClient, object: KubeObject, namespace: string): Promise<boolean> {
  try {
    await client.post(collectionPath(object.kind, namespace), object);
    return true;
  } catch (error) {
    if (error instanceof KubeRefused && error.code === 409) return false;
    throw error;
  }
}
