// A person in a LiveKit room, as near to the wire as a program gets: the Opus frames that it is given leave one by one,
// 20 ms apart, and every RTP packet of the agent is reported with the moment of its arrival. No jitter buffer and no
// mixer lies between the packets and what is reported, so that both products of the comparison are measured alike.
//
// It reads JSON lines from standard input, {"say": ID, "frames": [BASE64, ...]} or {"hush": true}, and prints JSON lines,
// each with the field "event". All times are milliseconds of one clock, which starts at the Unix epoch and does not step.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	frameTime       = 20 * time.Millisecond
	samplesPerFrame = 960
	clockRate       = 48000
)

// What Opus makes of 20 ms of nothing. A microphone that is open in a LiveKit room goes on sending.
var silence = []byte{0xf8, 0xff, 0xfe}

type order struct {
	Say    string   `json:"say"`
	Frames [][]byte `json:"frames"`
	Send   string   `json:"send"`
}

func main() {
	url := flag.String("url", "", "the server's WebSocket URL")
	key := flag.String("key", "", "API key")
	secret := flag.String("secret", "", "API secret")
	room := flag.String("room", "", "the room to join")
	flag.Parse()
	if *url == "" || *room == "" {
		flag.Usage()
		os.Exit(2)
	}
	out := newReporter()
	if err := run(*url, lksdk.ConnectInfo{APIKey: *key, APISecret: *secret, RoomName: *room, ParticipantIdentity: "person"}, out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(url string, info lksdk.ConnectInfo, out *reporter) error {
	microphone, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: clockRate, Channels: 2,
	})
	if err != nil {
		return err
	}
	bound := make(chan struct{})
	microphone.OnBind(sync.OnceFunc(func() { close(bound) }))
	room, err := lksdk.ConnectToRoom(url, info, &lksdk.RoomCallback{
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				if track.Kind() == webrtc.RTPCodecTypeAudio {
					listen(track, out)
				}
			},
		},
	})
	if err != nil {
		return err
	}
	defer room.Disconnect()
	if _, err := room.LocalParticipant.PublishTrack(microphone, &lksdk.TrackPublicationOptions{
		Name: "microphone", Source: livekit.TrackSource_MICROPHONE,
	}); err != nil {
		return err
	}
	<-bound
	out.print(map[string]any{"event": "ready", "codec": microphone.Codec().MimeType})

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	voice := &voice{track: microphone, out: out}
	go voice.obey(func(text string) error {
		return room.LocalParticipant.PublishDataPacket(lksdk.UserData([]byte(text)), lksdk.WithDataPublishReliable(true))
	})
	voice.send(stop)
	return nil
}

// listen reports the agent's packets until the track ends.
func listen(track *webrtc.TrackRemote, out *reporter) {
	out.print(map[string]any{"event": "subscribed", "codec": track.Codec().MimeType})
	for {
		packet, _, err := track.ReadRTP()
		at := out.now()
		if err != nil {
			out.print(map[string]any{"event": "unsubscribed"})
			return
		}
		out.print(map[string]any{
			"event": "heard", "at": at, "sequence": packet.SequenceNumber, "timestamp": packet.Timestamp, "opus": packet.Payload,
		})
	}
}

// voice is what the person sends.
type voice struct {
	track *lksdk.LocalTrack
	out   *reporter
	mutex sync.Mutex
	id    string
	left  [][]byte
}

func (v *voice) obey(send func(string) error) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var given order
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		if given.Send != "" {
			if err := send(given.Send); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			continue
		}
		v.mutex.Lock()
		v.id, v.left = given.Say, given.Frames
		v.mutex.Unlock()
	}
}

// next is the frame whose time has come, and whose saying it is; the last frame of a saying tells so.
func (v *voice) next() (frame []byte, id string, last bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.left) == 0 {
		return silence, "", false
	}
	frame, v.left = v.left[0], v.left[1:]
	return frame, v.id, len(v.left) == 0
}

// send is the microphone: a packet every 20 ms, against the clock, so that a late timer does not shift the rest.
func (v *voice) send(stop <-chan os.Signal) {
	var times []float64
	due := time.Now()
	for number := uint32(1); ; number++ {
		select {
		case <-stop:
			return
		case <-time.After(time.Until(due)):
		}
		due = due.Add(frameTime)
		frame, id, last := v.next()
		packet := &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(number), Timestamp: number * samplesPerFrame},
			Payload: frame,
		}
		if err := v.track.WriteRTP(packet, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if id == "" {
			times = nil
			continue
		}
		times = append(times, v.out.now())
		if last {
			v.out.print(map[string]any{"event": "said", "id": id, "times": times})
			times = nil
		}
	}
}

// reporter prints events, one at a time.
type reporter struct {
	mutex   sync.Mutex
	encoder *json.Encoder
	start   time.Time
	epoch   float64
}

func newReporter() *reporter {
	start := time.Now()
	return &reporter{encoder: json.NewEncoder(os.Stdout), start: start, epoch: float64(start.UnixMicro()) / 1000}
}

func (r *reporter) now() float64 {
	return r.epoch + float64(time.Since(r.start).Microseconds())/1000
}

func (r *reporter) print(event map[string]any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_ = r.encoder.Encode(event)
}
