import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { ProcessRequest, type BusMessage } from '@shiplog/bus';
import { AccountToken, StatusError, type ObjectOf, type PayloadOf, type ReplyOf } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { ClusterCache } from '../../cache/cluster-cache';
import { throwStatus } from '../../rest/errors';
import { TokenRequests } from './token-requests';

/** How long to wait for what the node knows already, in milliseconds; the node asks again. */
const WAIT_MS = 2_000;
/** As admission fills it in. */
const SECONDS = 3_600;

/** Gives nodes the tokens of their pods, as Kubernetes' NodeRestriction lets them have them: none that the pod does not ask for. */
@Controller()
export class AccountTokenController {
  constructor(
    private readonly cluster: ClusterCache,
    private readonly requests: TokenRequests,
  ) {}

  @ProcessRequest(AccountToken, { queue: 'api' })
  async token(
    @Payload() question: PayloadOf<typeof AccountToken>,
    @Ctx() { principal }: Pick<BusMessage, 'principal'>,
  ): Promise<ReplyOf<typeof AccountToken>> {
    const { namespace, name, uid, audience, expirationSeconds, position } = question;
    const { projection } = this.cluster;
    await projection.waitFor(position, WAIT_MS).catch(() => {
      throw new StatusError(statusOf.unavailable('the api has not heard of the pod yet'));
    });
    const pod = projection.get('pods', namespace, name);
    const node = principal?.kind === 'node' ? principal.name : undefined;
    const refuse = (reason: string): never => throwStatus(statusOf.forbidden('serviceaccounts', '', reason));
    if (node === undefined || pod === undefined || pod.metadata.uid !== uid || pod.spec?.nodeName !== node) {
      return refuse('node requested token bound to a pod scheduled on a different node');
    }
    if (!asks(pod, audience, expirationSeconds)) return refuse('node requested token that its pod does not ask for');
    const account = { namespace, name: pod.spec.serviceAccountName ?? '' };
    const { status } = await this.requests.grant(
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: {
          ...(audience === undefined ? {} : { audiences: [audience] }),
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      } as Parameters<TokenRequests['grant']>[0],
      account,
    );
    return { token: status?.token ?? '' };
  }
}

function asks({ spec }: ObjectOf<'pods'>, audience: string | undefined, seconds: number): boolean {
  return (spec?.volumes ?? []).some(({ projected }) =>
    (projected?.sources ?? []).some(
      ({ serviceAccountToken: asked }) =>
        asked !== undefined &&
        (asked.audience ?? '') === (audience ?? '') &&
        (asked.expirationSeconds ?? SECONDS) === seconds,
    ),
  );
}
