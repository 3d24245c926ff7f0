using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Jobs.Audio;
using Lectern.Jobs.Audiobook;
using Lectern.Jobs.Audit;
using Lectern.Jobs.Ending;
using Lectern.Jobs.Listening;
using Lectern.Jobs.Scheduling;
using Lectern.Jobs.Submission;
using Lectern.Jobs.Views;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Audit;
using Lectern.SharedKernel.Preferences;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Lectern.SharedKernel.Telemetry;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lectern.Jobs;

/// <summary>What is made: jobs of every kind, their pipelines, results.</summary>
public sealed class JobsModule : IModule
{
    /// <summary>Steps that only think: starting, preparing, ending.</summary>
    private const string Steps = "jobs";

    /// <summary>Steps that keep a processor busy: speech, encoding, packaging.</summary>
    private const string Render = "render";

    /// <summary>Speech by services, which waits for them and keeps no processor busy.</summary>
    internal const string Remote = "remote";

    private const int RemoteParallelism = 16;

    /// <summary>Where the chunks of a voice wait; null for the lane of what keeps a processor busy.</summary>
    internal static async Task<string?> LaneOfAsync(
        VoiceDirectory voices,
        Guid workspace,
        string voice,
        CancellationToken stop
    ) => await voices.IsRemoteAsync(workspace, voice, stop) ? Remote : null;

    /// <summary>A chunk survives so many failures; a worker that dies counts as one.</summary>
    private const int RenderAttempts = 6;

    private int _renderParallelism = Environment.ProcessorCount;

    /// <inheritdoc/>
    public string Name => "jobs";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => JobsProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<JobsOptions>(configuration, "Jobs");
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<JobsOptions>>().Value);
        services.AddSingleton<VoiceGains>();
        services.AddSingleton<Resampling>();
        services.AddSingleton<JobQuotes>();
        services.AddSingleton<AudioPreferences>();
        services.AddSingleton<IPreferenceDefinitions>(provider => provider.GetRequiredService<AudioPreferences>());
        services.AddSingleton<Calibration>();
        services.AddSingleton<SegmentEncoder>();
        services.AddSingleton<Packaging>();
        services.AddSingleton<IAuditCheck, HistoryCheck>();
        services.AddSingleton<IAuditCheck, ResultCheck>();
        services.AddSingleton<IAuditCheck, FilesCheck>();
        services.AddSingleton<HoldsCheck>();
        services.AddSingleton<IAuditCheck>(provider => provider.GetRequiredService<HoldsCheck>());
        services.AddSingleton<IWalletCheck>(provider => provider.GetRequiredService<HoldsCheck>());
        services.AddSingleton<IAuditCheck, ChargesCheck>();
        services.AddSingleton<IWhenHoldExpires, EndRunWhenHoldExpires>();
        services.AddSingleton<IAuditCheck, AudioCameFromCalls>();
        services.AddSingleton(
            new NameSource(JobLinks.Prefix, "select job_id, title from jobs.manuscripts where job_id = any($1)")
        );
        services.AddSingleton<IExportPart, JobsExport>();
        services.AddSingleton<IErasePart, JobsErasure>();
        services.AddSingleton<IGaugePart, JobGauges>();
        services.AddSingleton<FileSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<FileSweep>());
        var chosen = configuration.GetValue("Lectern:Jobs:RenderParallelism", 0);
        _renderParallelism = chosen > 0 ? chosen : Environment.ProcessorCount;
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(JobsModule).Assembly);
        eventing.Event("jobs.job_submitted.v1", JobsJson.Default.JobSubmitted);
        eventing.Event("jobs.job_started.v1", JobsJson.Default.JobStarted);
        eventing.Event("jobs.manuscript_prepared.v1", JobsJson.Default.ManuscriptPrepared);
        eventing.Event("jobs.voice_fell_back.v1", JobsJson.Default.VoiceFellBack);
        eventing.Event("jobs.chunk_synthesized.v1", JobsJson.Default.ChunkSynthesized);
        eventing.Event("jobs.chunk_reused.v1", JobsJson.Default.ChunkReused);
        eventing.Event("jobs.segment_encoded.v1", JobsJson.Default.SegmentEncoded);
        eventing.Event("jobs.chapter_assembled.v1", JobsJson.Default.ChapterAssembled);
        eventing.Event("jobs.audio_assembled.v1", JobsJson.Default.AudioAssembled);
        eventing.Event("jobs.job_completed.v1", JobsJson.Default.JobCompleted);
        eventing.Event("jobs.job_failed.v1", JobsJson.Default.JobFailed);
        eventing.Event("jobs.job_cancellation_requested.v1", JobsJson.Default.JobCancellationRequested);
        eventing.Event("jobs.job_cancelled.v1", JobsJson.Default.JobCancelled);
        eventing.Event("jobs.job_reopened.v1", JobsJson.Default.JobReopened);
        eventing.Event("jobs.job_moved.v1", JobsJson.Default.JobMoved);
        eventing.Event("jobs.job_renamed.v1", JobsJson.Default.JobRenamed);
        eventing.Event("jobs.job_deletion_requested.v1", JobsJson.Default.JobDeletionRequested);
        eventing.Event("jobs.job_deleted.v1", JobsJson.Default.JobDeleted);
        eventing.Stream("job", Job.Initial, Job.Evolve, JobsJson.Default.Job, snapshotSchema: 4);
        eventing.Project(new JobViewProjection());
        eventing.Project(new JobProgressProjection());

        eventing.Lane(Steps, parallelism: 4);
        eventing.Lane(Render, _renderParallelism);
        eventing.Lane(Remote, RemoteParallelism);
        eventing.Message<StartJobs, StartJobsHandler>("jobs.start_jobs.v1", Steps, JobsJson.Default.StartJobs);
        eventing.Message<PrepareManuscript, PrepareManuscriptHandler>(
            "jobs.prepare_manuscript.v1",
            Steps,
            JobsJson.Default.PrepareManuscript
        );
        eventing.Message<SynthesizeChunk, SynthesizeChunkHandler>(
            "jobs.synthesize_chunk.v1",
            Render,
            JobsJson.Default.SynthesizeChunk,
            RenderAttempts
        );
        eventing.Message<EncodeSegment, EncodeSegmentHandler>(
            "jobs.encode_segment.v1",
            Render,
            JobsJson.Default.EncodeSegment,
            RenderAttempts
        );
        eventing.Message<PackageAudiobook, PackageAudiobookHandler>(
            "jobs.package_audiobook.v1",
            Render,
            JobsJson.Default.PackageAudiobook,
            RenderAttempts
        );
        eventing.Message<FinishStopping, FinishStoppingHandler>(
            "jobs.finish_stopping.v1",
            Steps,
            JobsJson.Default.FinishStopping
        );
        eventing.Message<CollectFiles, CollectFilesHandler>(
            "jobs.collect_files.v1",
            Steps,
            JobsJson.Default.CollectFiles
        );
        eventing.Message<DeleteFiles, DeleteFilesHandler>("jobs.delete_files.v1", Steps, JobsJson.Default.DeleteFiles);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        SubmitJobEndpoint.Map(api);
        ChangeJobEndpoint.Map(api);
        GetQuoteEndpoint.Map(api);
        ListJobsEndpoint.Map(api);
        GetJobEndpoint.Map(api);
        JobHistoryEndpoints.Map(api);
        ListChunksEndpoint.Map(api);
        StopJobEndpoints.Map(api);
        RetryJobEndpoint.Map(api);
        StreamJobEndpoint.Map(api);
        DownloadJobEndpoints.Map(api);
        GetQueueEndpoint.Map(api);
        GetPlatformQueueEndpoint.Map(api);
    }
}
