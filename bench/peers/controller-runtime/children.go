package main

import (
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// What a session gets, as in bench/peers/workload.ts; a test compares what both leave behind.

const (
	managedByLabel  = "app.kubernetes.io/managed-by"
	managedBy       = "skald-bench"
	componentLabel  = "app.kubernetes.io/component"
	sessionLabel    = "bench.skald.dev/session"
	sessionUIDLabel = "bench.skald.dev/session-uid"
	resultFinalizer = "bench.skald.dev/result"
)

var (
	certificate = pem("CERTIFICATE", 10)
	privateKey  = pem("PRIVATE KEY", 3)
	authority   = pem("CERTIFICATE", 8)
)

func secretName(session string) string { return session + "-session" }

func jobName(session string) string { return session + "-worker" }

func childMeta(session *Session, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      name,
		Namespace: session.Namespace,
		Labels:    childLabels(session),
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion:         groupVersion.String(),
			Kind:               "Session",
			Name:               session.Name,
			UID:                session.UID,
			Controller:         ptr.To(true),
			BlockOwnerDeletion: ptr.To(false),
		}},
	}
}

func childLabels(session *Session) map[string]string {
	return map[string]string{
		managedByLabel:  managedBy,
		componentLabel:  "worker",
		sessionLabel:    session.Name,
		sessionUIDLabel: string(session.UID),
	}
}

func sessionSecret(session *Session) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: childMeta(session, secretName(session.Name)),
		Type:       corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			"tls.crt": certificate,
			"tls.key": privateKey,
			"ca.crt":  authority,
			"session": []byte(session.Name),
		},
	}
}

func workerJob(session *Session) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: childMeta(session, jobName(session.Name)),
		Spec: batchv1.JobSpec{
			Completions:           ptr.To[int32](1),
			Parallelism:           ptr.To[int32](1),
			PodReplacementPolicy:  ptr.To(batchv1.Failed),
			BackoffLimit:          ptr.To[int32](6),
			ActiveDeadlineSeconds: ptr.To[int64](14_880),
			PodFailurePolicy: &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{
				{Action: batchv1.PodFailurePolicyActionFailJob, OnExitCodes: onExit(64, 65, 69)},
				{
					Action: batchv1.PodFailurePolicyActionIgnore,
					OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{
						{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue},
					},
				},
				{Action: batchv1.PodFailurePolicyActionIgnore, OnExitCodes: onExit(143)},
			}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{
					Labels:     childLabels(session),
					Finalizers: []string{resultFinalizer},
				},
				Spec: workerPod(session),
			},
		},
	}
}

func onExit(codes ...int32) *batchv1.PodFailurePolicyOnExitCodesRequirement {
	return &batchv1.PodFailurePolicyOnExitCodesRequirement{
		ContainerName: ptr.To("worker"),
		Operator:      batchv1.PodFailurePolicyOnExitCodesOpIn,
		Values:        codes,
	}
}

func workerPod(session *Session) corev1.PodSpec {
	return corev1.PodSpec{
		RestartPolicy:                 corev1.RestartPolicyNever,
		AutomountServiceAccountToken:  ptr.To(false),
		EnableServiceLinks:            ptr.To(false),
		TerminationGracePeriodSeconds: ptr.To[int64](30),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   ptr.To(true),
			RunAsUser:      ptr.To[int64](65532),
			RunAsGroup:     ptr.To[int64](65532),
			FSGroup:        ptr.To[int64](65532),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{workerContainer(session)},
		Volumes: []corev1.Volume{
			{Name: "session", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
				SecretName:  secretName(session.Name),
				DefaultMode: ptr.To[int32](0o440),
			}}},
			{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
				SizeLimit: ptr.To(resource.MustParse("256Mi")),
			}}},
		},
	}
}

func workerContainer(session *Session) corev1.Container {
	return corev1.Container{
		Name:            "worker",
		Image:           "registry.example/skald:bench",
		ImagePullPolicy: corev1.PullIfNotPresent,
		Command:         []string{"node", "skald.js", "worker"},
		Env: []corev1.EnvVar{
			{Name: "SKALD_SESSION", Value: session.Name},
			{Name: "SKALD_SESSION_UID", Value: string(session.UID)},
			{Name: "SKALD_GATEWAY", Value: "skald-gateway-0.skald-system.svc:8443"},
			{Name: "SKALD_TRUST_DOMAIN", Value: "skald.local"},
			{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"},
			}},
		},
		Ports: []corev1.ContainerPort{{Name: "health", ContainerPort: 8080}},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("250m"),
				corev1.ResourceMemory: resource.MustParse("256Mi"),
			},
			Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
		},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: ptr.To(false),
			ReadOnlyRootFilesystem:   ptr.To(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		ReadinessProbe: &corev1.Probe{
			ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
				Path: "/readyz",
				Port: intstr.FromString("health"),
			}},
			PeriodSeconds:  2,
			TimeoutSeconds: 2,
		},
		TerminationMessagePath:   "/dev/termination-log",
		TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		VolumeMounts: []corev1.VolumeMount{
			{Name: "session", MountPath: "/var/run/skald/session", ReadOnly: true},
			{Name: "tmp", MountPath: "/tmp"},
		},
	}
}

func pem(label string, lines int) []byte {
	line := strings.Repeat("0123456789abcdef", 4) + "\n"
	return []byte("-----BEGIN " + label + "-----\n" + strings.Repeat(line, lines) + "-----END " + label + "-----\n")
}
