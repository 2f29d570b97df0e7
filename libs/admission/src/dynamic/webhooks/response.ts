import { WARNINGS, type KubeStatus, type WebhookAnswer } from '@shiplog/contracts';
import { isJsonObject } from '@shiplog/apimachinery';

const REVIEW = 'AdmissionReview';
const GROUP = 'admission.k8s.io';
const MOST_ANNOTATIONS = 64;

/** What is wrong with an answer, as Kubernetes says it. */
class InvalidResponse extends Error {}

/**
 * What a webhook answered, read from its AdmissionReview (VerifyAdmissionResponse in Kubernetes' apiserver); a failure where it is none.
 * @param uid of the request
 */
export function readResponse(
  review: unknown,
  { uid, version, mutating }: { readonly uid: string; readonly version: string; readonly mutating: boolean },
): WebhookAnswer {
  try {
    return responseOf(review, uid, version, mutating);
  } catch (error) {
    if (!(error instanceof InvalidResponse)) throw error;
    return { failure: `received invalid webhook response: ${error.message}` };
  }
}

function responseOf(review: unknown, uid: string, version: string, mutating: boolean): WebhookAnswer {
  if (!isJsonObject(review)) throw new InvalidResponse('webhook response was absent');
  const { apiVersion, kind, response } = review;
  if (!isJsonObject(response)) throw new InvalidResponse('webhook response was absent');
  if (version === 'v1' || response['uid'] !== undefined) {
    if (response['uid'] !== uid) {
      throw new InvalidResponse(
        `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`,
      );
    }
  }
  if (version === 'v1' && (apiVersion !== `${GROUP}/v1` || kind !== REVIEW)) {
    const got = `${textOf(apiVersion)}, Kind=${textOf(kind)}`;
    throw new InvalidResponse(`expected webhook response of ${GROUP}/v1, Kind=${REVIEW}, got ${got}`);
  }
  return {
    allowed: response['allowed'] === true,
    ...statusOfResult(response['status']),
    ...(mutating ? patchOf(response, version) : {}),
    ...listed(response['warnings']),
    ...annotated(response['auditAnnotations']),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function statusOfResult(result: unknown): { status?: Partial<KubeStatus> } {
  if (!isJsonObject(result)) return {};
  const { code, message, reason, details, status } = result;
  return {
    status: {
      ...(typeof code === 'number' && Number.isInteger(code) ? { code } : {}),
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(typeof status === 'string' ? { status: status as KubeStatus['status'] } : {}),
      ...(isJsonObject(details) ? { details: details as KubeStatus['details'] } : {}),
    },
  };
}

/** A patch says of what form it is; it comes as the text of its JSON in base64. */
function patchOf(response: Record<string, unknown>, version: string): { patch?: unknown[] } {
  const patch = textOf(response['patch']);
  const { patchType } = response;
  const isTyped = patchType !== undefined && patchType !== null;
  if (version === 'v1') {
    if (patch !== '' && !isTyped)
      throw new InvalidResponse('webhook returned response.patch but not response.patchType');
    if (patch === '' && isTyped)
      throw new InvalidResponse('webhook returned response.patchType but not response.patch');
  }
  if (patch === '') return {};
  if (isTyped && patchType !== 'JSONPatch') {
    throw new InvalidResponse(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
  }
  return { patch: operationsOf(Buffer.from(patch, 'base64').toString('utf8')) };
}

function operationsOf(text: string): unknown[] {
  let operations: unknown;
  try {
    operations = JSON.parse(text);
  } catch (error) {
    throw new InvalidResponse(
      `received undecodable patch in webhook response: ${error instanceof Error ? error.message : 'no JSON'}`,
    );
  }
  if (!Array.isArray(operations))
    throw new InvalidResponse('received undecodable patch in webhook response: not a list');
  return operations as unknown[];
}

function listed(warnings: unknown): { warnings?: string[] } {
  if (!Array.isArray(warnings) || warnings.length === 0) return {};
  return { warnings: warnings.filter((text) => typeof text === 'string').slice(0, WARNINGS) };
}

function annotated(annotations: unknown): { auditAnnotations?: Record<string, string> } {
  if (!isJsonObject(annotations)) return {};
  const texts = Object.entries(annotations).filter(([, value]) => typeof value === 'string');
  return texts.length === 0
    ? {}
    : { auditAnnotations: Object.fromEntries(texts.slice(0, MOST_ANNOTATIONS)) as Record<string, string> };
}

const BAD_REQUEST = 400;

/** What the client is told when a webhook does not let its request pass (ToStatusErr in Kubernetes' apiserver). */
export function denialBy(
  webhook: string,
  { code = 0, message = '', reason = '', status, ...rest }: Partial<KubeStatus> = {},
): KubeStatus {
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const words = message !== '' ? message : reason;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    ...rest,
    status: status === undefined || (status as string) === '' || status === 'Success' ? 'Failure' : status,
    message: words === '' ? `${denied} without explanation` : `${denied}: ${words}`,
    ...(reason === '' ? {} : { reason }),
    code: code < BAD_REQUEST ? BAD_REQUEST : Math.min(code, 599),
  } as KubeStatus;
}
