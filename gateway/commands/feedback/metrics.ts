/** How sessions are rated, without names of people, sessions or tenants. */
import { Histogram, type Registry } from 'prom-client';
import type { Ratings } from '../../../src/store/index.ts';

/** Told of each rating that is the first of its person and session. */
export type FeedbackMetrics = (ratings: Ratings) => void;

export function feedbackMetrics(registry: Registry): FeedbackMetrics {
  const histogram = new Histogram({
    name: 'skald_gateway_feedback_rating',
    help: 'Ratings that people gave a session with /feedback, from 1 (bad) to 5 (very good); the first of each person and session.',
    labelNames: ['rating'],
    buckets: [1, 2, 3, 4, 5],
    registers: [registry],
  });
  return (ratings) => {
    for (const [rating, value] of Object.entries(ratings)) histogram.observe({ rating }, value);
  };
}
