FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
# SQLite needs cgo; static, so that nothing but the program is in the image.
# What is not hot is not inlined, as `make build` does it: it saves more than a
# megabyte and costs nothing that can be measured.
RUN cold="net/http/... crypto/tls crypto/x509 encoding/gob encoding/xml go/... html/... text/... vendor/golang.org/x/... mime/... math/big net/textproto \
      aftercare/api/... github.com/... google.golang.org/... gorm.io/... golang.org/x/... codeberg.org/..." \
 && hot="github.com/gofiber/fiber/v2/... github.com/valyala/... github.com/mattn/..." \
 && CGO_ENABLED=1 go build -trimpath -tags sqlite_omit_load_extension,netgo,osusergo \
      $(printf -- '-gcflags %s=-l ' $cold) $(printf -- '-gcflags %s= ' $hot) \
      -ldflags "-s -w -funcalign 16 -X main.version=$VERSION -extldflags '-static'" -o /out/aftercare . \
 && mkdir -p /out/data /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/aftercare /aftercare
COPY --from=build --chown=65532:65532 /out/data /data
# SQLite keeps what does not fit into memory here.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV DATABASE=/data/aftercare.db
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/aftercare", "healthcheck"]
ENTRYPOINT ["/aftercare"]
CMD ["serve"]
