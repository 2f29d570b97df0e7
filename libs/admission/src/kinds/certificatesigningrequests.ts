import {
  isClusterActor,
  type CertificateSigningRequest,
  type CertificateSigningRequestCondition as Condition,
  type CertificateSigningRequestStatus,
  type KubeStatus,
} from '@shiplog/contracts';
import { ok, pathSegment, Problems, refused, sameJson, statusOf, toSeconds } from '@shiplog/apimachinery';
import { pemProblem, requestProblem } from '../certificates/pem';
import { signerName } from '../certificates/signer-name';
import type { AdmissionContext } from '../context';
import { by, required, supported, unique } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind, type Draft } from './kind';

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';
type Request = Draft<typeof RESOURCE>;

const USAGES = (
  'signing,digital signature,content commitment,key encipherment,key agreement,data encipherment,cert sign,crl sign,' +
  'encipher only,decipher only,any,server auth,client auth,code signing,email protection,s/mime,ipsec end system,' +
  'ipsec tunnel,ipsec user,timestamping,ocsp signing,microsoft sgc,netscape sgc'
).split(',');
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const SHORTEST_SECONDS = 600;

/** Conditions that decide: they stay once they are there, and only say that something is so. */
const DECISIONS = ['Approved', 'Denied'];
const LASTING = [...DECISIONS, 'Failed'];
const STATUSES = ['False', 'True', 'Unknown'];

const ofType = (status: CertificateSigningRequestStatus | undefined, type: string): readonly Condition[] =>
  (status?.conditions ?? []).filter((condition) => condition.type === type);

/** Fills in when conditions were last looked at, and since when they hold (populateConditionTimestamps). */
function stampConditions(status: CertificateSigningRequestStatus | undefined, before: Request, now: string): void {
  const time = toSeconds(now);
  for (const condition of status?.conditions ?? []) {
    const same = before.status?.conditions?.find(
      (was) => was.type === condition.type && was.status === condition.status && was.lastTransitionTime !== undefined,
    );
    condition.lastUpdateTime ??= time;
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? time;
  }
}

/** A decision is for `approval` to make: what is there stays as it was (preserveConditionInstances). */
function keepDecisions(status: CertificateSigningRequestStatus | undefined, before: Request): void {
  const { conditions = [] } = status ?? {};
  for (const type of DECISIONS) {
    const was = ofType(before.status, type);
    const places = conditions.flatMap((condition, i) => (condition.type === type ? [i] : []));
    if (was.length !== places.length) continue;
    places.forEach((place, n) => (conditions[place] = was[n] as Condition));
  }
}

/** Kubernetes' validateConditions. */
function validateConditions(conditions: readonly Condition[], problems: Problems): void {
  const seen = new Set<string>();
  conditions.forEach(({ type, status }, i) => {
    const at = `status.conditions[${i}]`;
    if (type === '') problems.required(`${at}.type`);
    if (status === '') problems.required(`${at}.status`);
    else problems.unlessOneOf(`${at}.status`, status, LASTING.includes(type) ? ['True'] : STATUSES);
    const other = DECISIONS.find((decision) => decision !== type);
    if (DECISIONS.includes(type) && other !== undefined && seen.has(other)) {
      problems.invalid(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive');
    }
    if (seen.has(type)) problems.duplicate(`${at}.type`, type);
    seen.add(type);
  });
}

function validateNoneRemoved({ status }: Request, before: Request, problems: Problems): void {
  for (const type of LASTING) {
    if (ofType(status, type).length < ofType(before.status, type).length) {
      problems.forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`);
    }
  }
}

function validateNoneDecided({ status }: Request, before: Request, problems: Problems): void {
  for (const type of DECISIONS) {
    if (ofType(status, type).length > ofType(before.status, type).length) {
      problems.forbidden('status.conditions', `updates may not add a condition of type ${JSON.stringify(type)}`);
    }
  }
}

function validateCertificate({ status }: Request, before: Request, problems: Problems): void {
  const at = 'status.certificate';
  const { certificate = '' } = status ?? {};
  const { certificate: was = '' } = before.status ?? {};
  if (certificate === was) return;
  const wrong = certificate === '' ? undefined : pemProblem(certificate);
  if (wrong !== undefined) problems.invalid(at, '<certificate data>', wrong);
  if (was !== '') problems.forbidden(at, 'updates may not modify existing certificate content');
}

/**
 * Why somebody may not decide on, or sign, requests to a signer: they need the right to the signer itself, or to all of its
 * domain (Kubernetes' CertificateApproval and CertificateSigning admission).
 */
function signerDenial(
  verb: 'approve' | 'sign',
  { metadata, spec }: CertificateSigningRequest,
  { user, state }: AdmissionContext,
): KubeStatus | undefined {
  const { signerName } = spec;
  if (isClusterActor(user.username ?? '')) return undefined;
  const domain = `${signerName.slice(0, signerName.indexOf('/'))}/*`;
  const may = [signerName, domain].some(
    (name) => state.rights().access({ user, verb, group: 'certificates.k8s.io', resource: 'signers', name }).allowed,
  );
  if (may) return undefined;
  const reason = `user not permitted to ${verb} requests with signerName "${signerName}"`;
  return statusOf.forbidden(RESOURCE, metadata?.name ?? '', reason);
}

export const certificateSigningRequests = defineKind<typeof RESOURCE>({
  resource: RESOURCE,
  name: pathSegment,
  generation: 'none',
  fields: { 'spec.signerName': ({ spec }) => spec.signerName },
  /** Who asks is not for the sender to say. */
  prepareCreate(draft, { user }) {
    const { uid: _uid, groups: _groups, extra: _extra, ...spec } = draft.spec;
    draft.spec = { ...spec, ...user };
    draft.status = {};
  },
  prepareUpdate(draft, before) {
    draft.spec = before.spec;
  },
  rows: new FieldRules({
    'spec.request': by(requestProblem),
    'spec.usages': [required('usages must be provided'), unique()],
    'spec.usages[*]': supported(...USAGES),
  }),
  validate({ spec }, problems) {
    if (spec.signerName === LEGACY_SIGNER) {
      const rule = 'the legacy signerName is not allowed via this API version';
      problems.invalid('spec.signerName', spec.signerName, rule);
    } else signerName(spec.signerName, 'spec.signerName', problems);
    const { expirationSeconds } = spec;
    if (expirationSeconds !== undefined && expirationSeconds < SHORTEST_SECONDS) {
      const rule = 'may not specify a duration less than 600 seconds (10 minutes)';
      problems.invalid('spec.expirationSeconds', expirationSeconds, rule);
    }
  },
  status: {
    defaults(draft, before, ctx) {
      keepDecisions(draft.status, before);
      stampConditions(draft.status, before, ctx.now);
    },
    denies(draft, before, ctx) {
      const isSigned = (draft.status?.certificate ?? '') !== (before.status?.certificate ?? '');
      return isSigned ? signerDenial('sign', before, ctx) : undefined;
    },
    validate(draft, problems, before) {
      validateConditions(draft.status?.conditions ?? [], problems);
      validateNoneRemoved(draft, before, problems);
      validateNoneDecided(draft, before, problems);
      validateCertificate(draft, before, problems);
    },
  },
  subresources: {
    /** Decides, and changes nothing but conditions. */
    approval({ status }, before, ctx) {
      stampConditions(status, before, ctx.now);
      const conditions = status?.conditions ?? [];
      const after: CertificateSigningRequest = { ...before, status: { ...before.status, conditions } };
      if (sameJson(after.status, before.status)) return ok({ ...before });
      const denied = signerDenial('approve', before, ctx);
      if (denied !== undefined) return refused(denied);
      const problems = new Problems();
      validateConditions(conditions, problems);
      validateNoneRemoved(after, before, problems);
      return problems.none
        ? ok({ ...after })
        : refused(statusOf.invalid(RESOURCE, before.metadata.name ?? '', problems.causes));
    },
  },
});
