import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { makeCertificate } from '../../testing/certificate';

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What of a token is not as it should be; seconds: how long it is good. */
interface TokenOptions {
  readonly key?: Key;
  readonly kid?: string;
  readonly audience?: string;
  readonly seconds?: number;
  readonly issuer?: string;
}

function makeKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 8);
  return { id, privateKey, publicKey };
}

/** An OpenID Connect provider of a test's own. */
export class TestIssuer {
  key = makeKey();
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  /** What it does instead of an answer. */
  instead: ((response: ServerResponse) => void) | undefined;
  #server: Server | undefined;

  private constructor(readonly ca: string) {}

  static async start(): Promise<TestIssuer> {
    const { ca, cert, key } = await makeCertificate();
    const issuer = new TestIssuer(ca);
    issuer.#server = createServer(
      { cert, key },
      (request, response) => void issuer.#answer(request.url ?? '', response),
    );
    issuer.#server.listen(0, '127.0.0.1');
    await once(issuer.#server, 'listening');
    return issuer;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  /** Signs by another key from now on. */
  rotate(): void {
    this.key = makeKey();
  }

  /** A token for a client. */
  token(claims: object, more: TokenOptions = {}): Promise<string> {
    const { key = this.key, audience = 'shiplog', seconds = 300, issuer = this.url } = more;
    const { kid = key.id } = more;
    const from = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime(from + seconds)
      .sign(key.privateKey);
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    this.asked.push(path);
    if (this.instead !== undefined) return this.instead(response);
    const jwk = { ...(await exportJWK(this.key.publicKey)), kid: this.key.id, use: 'sig', alg: 'RS256' };
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/keys` },
      '/keys': { keys: [jwk] },
    };
    response.writeHead(documents[path] === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(documents[path] ?? {}));
  }
}
