package main

import (
	"context"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

type reconciler struct {
	client client.Client
}

// changedOrGone: that a child is there now is no news for who has made it.
var changedOrGone = predicate.Funcs{CreateFunc: func(event.CreateEvent) bool { return false }}

func (r *reconciler) setup(mgr ctrl.Manager, workers int) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("sessions").
		For(&Session{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// Only whether the Secret is there matters: the cache holds its metadata.
		Owns(&corev1.Secret{}, builder.OnlyMetadata, builder.WithPredicates(changedOrGone)).
		Owns(&batchv1.Job{}, builder.WithPredicates(changedOrGone)).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(r)
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	session := &Session{}
	if err := r.client.Get(ctx, request.NamespacedName, session); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if session.DeletionTimestamp != nil {
		return ctrl.Result{}, nil
	}
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := r.ensure(ctx, session, secretName(session.Name), secret, func() client.Object {
		return sessionSecret(session)
	}); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.ensure(ctx, session, jobName(session.Name), &batchv1.Job{}, func() client.Object {
		return workerJob(session)
	}); err != nil {
		return ctrl.Result{}, err
	}
	wanted := SessionStatus{
		Phase:            "Active",
		ObservedRevision: session.Spec.Revision,
		JobName:          jobName(session.Name),
	}
	if session.Status == wanted {
		return ctrl.Result{}, nil
	}
	session.Status = wanted
	return ctrl.Result{}, r.client.Status().Update(ctx, session)
}

// ensure creates the child when the cache, read into found, has none of this name.
func (r *reconciler) ensure(
	ctx context.Context,
	session *Session,
	name string,
	found client.Object,
	make func() client.Object,
) error {
	err := r.client.Get(ctx, types.NamespacedName{Namespace: session.Namespace, Name: name}, found)
	if !apierrors.IsNotFound(err) {
		return err
	}
	if err := r.client.Create(ctx, make()); !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}
