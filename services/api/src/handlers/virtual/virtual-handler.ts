import { Injectable } from '@nestjs/common';
import { apiVersionOf, VIRTUAL_RESOURCES, type ResourceId, type StoredObject, type Virtual } from '@shiplog/contracts';
import { decodeObject, expectedAt, statusOf } from '@shiplog/apimachinery';
import { ClusterCache } from '../../cache/cluster-cache';
import { Clock } from '../../common/clock';
import type { Answer } from '../../rest/answer';
import { parseObject } from '../../rest/body';
import { throwStatus, unwrap } from '../../rest/errors';
import { checkFields } from '../../rest/field-validation';
import { checkListOptions } from '../../rest/list-options';
import { dryRunOf, selectionOf } from '../../rest/options';
import { presentationOf, presentList, presentObject } from '../../rest/present';
import { nameOf, requestedResource, type ResourceRequest } from '../../rest/request';
import type { ResourceTarget } from '../../rest/request-info';
import { select } from '../../rest/select';
import { warningHeader } from '../../rest/warning-header';
import { YamlReader } from '../writes/yaml-reader';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
} from './access';
import { ComponentHealth } from './component-health';
import { selfSubjectReview, tokenReview } from './identity';
import type { Review, TokenAuthenticator } from './review';

/** The kinds that answer a question: what is sent comes back with its status. */
const REVIEWS: ReadonlyMap<ResourceId, Review> = new Map<Virtual, Review>([
  ['selfsubjectreviews.authentication.k8s.io', selfSubjectReview],
  ['tokenreviews.authentication.k8s.io', tokenReview],
  ['localsubjectaccessreviews.authorization.k8s.io', localSubjectAccessReview],
  ['selfsubjectaccessreviews.authorization.k8s.io', selfSubjectAccessReview],
  ['selfsubjectrulesreviews.authorization.k8s.io', selfSubjectRulesReview],
  ['subjectaccessreviews.authorization.k8s.io', subjectAccessReview],
]);
const COMPONENTS = 'componentstatuses' satisfies Virtual;
const ANSWERED: ReadonlySet<ResourceId> = new Set(
  VIRTUAL_RESOURCES.map(({ id }): ResourceId => id).filter((id) => REVIEWS.has(id) || id === COMPONENTS),
);
const DEPRECATED = { warning: warningHeader(['v1 ComponentStatus is deprecated in v1.19+']) };

/** Answers for what is served without being stored. (Bindings are writes of pods.) */
@Injectable()
export class VirtualHandler {
  constructor(
    private readonly components: ComponentHealth,
    private readonly cluster: ClusterCache,
    private readonly yaml: YamlReader,
    private readonly clock: Clock,
  ) {}

  /** Whether a path leads here. */
  answers({ resource }: ResourceTarget): boolean {
    return resource.virtual !== undefined && ANSWERED.has(resource.virtual.row.id);
  }

  async answer(request: ResourceRequest, tokens: TokenAuthenticator): Promise<Answer> {
    switch (request.verb) {
      case 'create':
        return this.#review(request, tokens);
      case 'get':
        return { ...(await this.#component(request)), headers: DEPRECATED };
      case 'list':
        return { ...(await this.#components(request)), headers: DEPRECATED };
      // None of these is offered.
      case 'watch':
      case 'update':
      case 'patch':
      case 'delete':
      case 'deletecollection':
        return throwStatus(statusOf.methodNotAllowed());
    }
  }

  async #review(request: ResourceRequest, tokens: TokenAuthenticator): Promise<Answer> {
    const { row, version } = requestedResource(request);
    const review = REVIEWS.get(row.id) ?? throwStatus(statusOf.methodNotAllowed());
    const now = this.clock.now();
    const shown = presentationOf(request, now);
    const duplicates: string[] = [];
    const onDuplicate = (text: string): void => void duplicates.push(text);
    const sent = await parseObject(request.body, request.contentType, this.yaml, { kind: row.kind, onDuplicate });
    const warnings = checkFields(request, sent, duplicates, 'CreateOptions');
    dryRunOf(request.query.dryRun, 'CreateOptions');
    const object = unwrap(decodeObject(expectedAt({ row, version }), sent));
    const { user, target } = request;
    const rights = this.cluster.projection.state.rights();
    const reviewed = unwrap(review(object, { user, tokens, rights, namespace: target.namespace, now, row }));
    const answer = presentObject(201, { ...reviewed, apiVersion: apiVersionOf(version) } as StoredObject, shown);
    return warnings.length === 0 ? answer : { ...answer, headers: { warning: warningHeader(warnings) } };
  }

  async #component(request: ResourceRequest) {
    const name = nameOf(request);
    const found = (await this.components.all()).find(({ metadata }) => metadata.name === name);
    if (found === undefined) throwStatus(statusOf.notFound(requestedResource(request).row, name));
    return presentObject(200, found, presentationOf(request, this.clock.now()));
  }

  async #components(request: ResourceRequest) {
    checkListOptions(request.query, false);
    const selection = selectionOf(requestedResource(request), '', request.query);
    const shown = presentationOf(request, this.clock.now());
    return presentList(select(await this.components.all(), selection), {}, shown);
  }
}
