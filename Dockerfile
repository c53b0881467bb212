FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
# SQLite needs cgo; static, so that nothing but the program is in the image.
RUN make build VERSION="$VERSION" && mkdir -p /out/data /out/tmp && mv aftercare /out/

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
