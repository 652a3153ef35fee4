import { expect, test } from 'vitest';
import { parseRequestCounts, requestsBetween } from './request-count.ts';

const page = (posts: number): string => `
# HELP apiserver_request_total Counter of apiserver requests
apiserver_request_total{code="201",component="apiserver",dry_run="",group="batch",resource="jobs",scope="resource",subresource="",verb="POST",version="v1"} ${posts}
apiserver_request_total{code="409",component="apiserver",dry_run="",group="batch",resource="jobs",scope="resource",subresource="",verb="POST",version="v1"} 2
apiserver_request_total{code="200",component="apiserver",dry_run="",group="bench.skald.dev",resource="sessions",scope="resource",subresource="status",verb="PUT",version="v1"} 7
apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} ${posts}
apiserver_request_duration_seconds_count{group="batch",resource="jobs",verb="POST"} 12
`;

test('requests are counted by resource and verb whatever their outcome, those of the work only', () => {
  expect(Object.fromEntries(parseRequestCounts(page(10)))).toEqual({
    'jobs POST': 12,
    'sessions/status PUT': 7,
  });
});

test('what was there before is not counted', () => {
  expect(requestsBetween(parseRequestCounts(page(10)), parseRequestCounts(page(15)))).toEqual({
    'jobs POST': 5,
  });
});
