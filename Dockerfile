# syntax=docker/dockerfile:1
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Host -c Release -o /app --nologo

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# ffmpeg encodes, flite and espeak-ng speak, pocketsphinx listens, apertium translates, librsvg draws covers, curl asks for
# the health; the database is another container's.
RUN apt-get update \
  && apt-get install -y --no-install-recommends curl ffmpeg flite espeak-ng \
    pocketsphinx pocketsphinx-en-us apertium apertium-eng-spa librsvg2-bin fonts-dejavu-core \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o app -g app /data
COPY --from=build /app /app
USER app
VOLUME /data
ENV Lectern__Data__Folder=/data \
    ASPNETCORE_URLS=http://+:8080 \
    ASPNETCORE_HTTP_PORTS=
EXPOSE 8080
ENTRYPOINT ["/app/lectern"]
CMD ["serve"]
