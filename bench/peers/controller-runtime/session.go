package main

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// groupVersion is that of bench/controller/crd.yaml.
var groupVersion = schema.GroupVersion{Group: "bench.skald.dev", Version: "v1"}

type SessionSpec struct {
	GuildID  string `json:"guildId"`
	Campaign string `json:"campaign"`
	Revision int64  `json:"revision"`
	Note     string `json:"note,omitempty"`
}

type SessionStatus struct {
	Phase            string `json:"phase,omitempty"`
	ObservedRevision int64  `json:"observedRevision,omitempty"`
	JobName          string `json:"jobName,omitempty"`
}

type Session struct {
	v1.TypeMeta   `json:",inline"`
	v1.ObjectMeta `json:"metadata,omitempty"`

	Spec   SessionSpec   `json:"spec"`
	Status SessionStatus `json:"status,omitempty"`
}

type SessionList struct {
	v1.TypeMeta `json:",inline"`
	v1.ListMeta `json:"metadata,omitempty"`

	Items []Session `json:"items"`
}

// DeepCopyObject is what controller-gen would write: neither spec nor status holds a reference.
func (in *Session) DeepCopyObject() runtime.Object {
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	return &out
}

func (in *SessionList) DeepCopyObject() runtime.Object {
	out := *in
	in.ListMeta.DeepCopyInto(&out.ListMeta)
	if in.Items != nil {
		out.Items = make([]Session, len(in.Items))
		for i := range in.Items {
			out.Items[i] = in.Items[i]
			in.Items[i].ObjectMeta.DeepCopyInto(&out.Items[i].ObjectMeta)
		}
	}
	return &out
}

func addSessions(scheme *runtime.Scheme) {
	scheme.AddKnownTypes(groupVersion, &Session{}, &SessionList{})
	v1.AddToGroupVersion(scheme, groupVersion)
}
