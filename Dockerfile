FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
# SQLite needs cgo; static, so that nothing but the program is in the image.
# Every operation of the API is an instance of huma's generic Register: not
# inlining into them saves half a megabyte and costs nothing that can be measured.
RUN CGO_ENABLED=1 go build -trimpath \
      -tags sqlite_omit_load_extension,netgo,osusergo -gcflags aftercare/api=-l \
      -gcflags github.com/...=-l -gcflags google.golang.org/...=-l -gcflags gorm.io/...=-l -gcflags golang.org/x/...=-l \
      -gcflags codeberg.org/...=-l -gcflags github.com/gofiber/fiber/v2/...= -gcflags github.com/valyala/...= -gcflags github.com/mattn/...= \
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
