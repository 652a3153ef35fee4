// The contender controller-runtime: the reference operator in Go, tuned as its experts would. See ../README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

type options struct {
	kubeconfig     string
	namespace      string
	workers        int
	metricsAddress string
	contentType    string
}

func main() {
	// controller-runtime registers a flag of this name itself, on the global set.
	flags := flag.NewFlagSet("controller-runtime", flag.ExitOnError)
	var o options
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig")
	flags.StringVar(&o.namespace, "namespace", "", "the only namespace that is watched and written to")
	flags.IntVar(&o.workers, "workers", 1, "objects reconciled at once")
	port := flags.Int("metrics-port", 0, "serve metrics at this port of 127.0.0.1; 0 for not at all")
	flags.StringVar(&o.contentType, "content-type", "", "for all types; protobuf for built-in ones when not given")
	_ = flags.Parse(os.Args[1:])
	o.metricsAddress = "0"
	if *port != 0 {
		o.metricsAddress = fmt.Sprintf("127.0.0.1:%d", *port)
	}
	if o.kubeconfig == "" || o.namespace == "" || o.workers < 1 {
		flags.Usage()
		os.Exit(2)
	}
	ctrl.SetLogger(logger())
	if err := run(ctrl.SetupSignalHandler(), o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return err
	}
	// The server's own fairness limits, no second limit here.
	config.QPS = -1
	// Unset, controller-runtime speaks protobuf for built-in types and JSON for the others.
	config.ContentType = o.contentType
	config.UserAgent = "bench-controller-runtime"

	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	addSessions(scheme)
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	children := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{managedByLabel: managedBy})}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: scheme,
		Cache: cache.Options{
			DefaultNamespaces: map[string]cache.Config{o.namespace: {}},
			DefaultTransform:  cache.TransformStripManagedFields(),
			// A read that would start another cache is a mistake here.
			ReaderFailOnMissingInformer: true,
			ByObject: map[client.Object]cache.ByObject{
				secret:         children,
				&batchv1.Job{}: children,
			},
		},
		Metrics:                metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress: "0",
		LeaderElection:         false,
	})
	if err != nil {
		return err
	}
	if err := (&reconciler{client: mgr.GetClient()}).setup(mgr, o.workers); err != nil {
		return err
	}
	err = mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		if mgr.GetCache().WaitForCacheSync(ctx) {
			fmt.Println(`{"event":"ready"}`)
		}
		<-ctx.Done()
		return nil
	}))
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func logger() logr.Logger {
	return funcr.New(func(prefix, args string) {
		fmt.Fprintln(os.Stderr, prefix, args)
	}, funcr.Options{})
}
