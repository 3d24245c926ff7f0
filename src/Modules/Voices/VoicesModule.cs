using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Providers.Http;
using Lectern.Providers.Local;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Privacy;
using Lectern.SharedKernel.Settings;
using Lectern.SharedKernel.Telemetry;
using Lectern.Voices.Catalogue;
using Lectern.Voices.Characters;
using Lectern.Voices.Characters.Cloning;
using Lectern.Voices.Characters.Samples;
using Lectern.Voices.Characters.Speaking;
using Lectern.Voices.Contracts;
using Lectern.Voices.Engines;
using Lectern.Voices.Lexicons;
using Lectern.Voices.Previews;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Lectern.Voices;

/// <summary>Who speaks: the voices of the engines that are there, and the characters that people make.</summary>
public sealed class VoicesModule : IModule
{
    /// <summary>What has to do with characters, in the background: clones and files.</summary>
    private const string Lane = "voices";

    /// <inheritdoc/>
    public string Name => "voices";

    /// <inheritdoc/>
    public IReadOnlyList<ProblemType> Problems => VoicesProblems.All;

    /// <inheritdoc/>
    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<VoicesSettings>(configuration, "Voices");
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<VoicesSettings>>().Value.LocalEngines());
        services.AddSingleton<VendorHttp>();
        services.AddSingleton<AudioAnswer>();
        services.AddSingleton(provider =>
            KnownEngines.Of(
                provider.GetRequiredService<LocalEngineOptions>(),
                provider.GetRequiredService<ProviderSettings>(),
                provider.GetRequiredService<VendorHttp>(),
                provider.GetRequiredService<AudioAnswer>(),
                provider.GetRequiredService<Ffmpeg>(),
                provider.GetRequiredService<TimeProvider>()
            )
        );
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ProviderSettings>>().Value);
        services.AddSingleton<ProviderAccounts>();
        services.AddSingleton<ProviderPlaces>();
        services.AddSingleton<Inspections>();
        services.AddSingleton(provider => new EngineCalls(
            provider.GetRequiredService<ProviderAccounts>(),
            provider.GetRequiredService<ProviderPlaces>(),
            provider.GetRequiredService<RecordedCalls>(),
            provider.GetRequiredService<IOptions<VoicesSettings>>()
        ));
        services.AddSingleton(provider => new VoiceCatalogue(
            provider.GetRequiredService<EngineSet>(),
            provider.GetRequiredService<Inspections>(),
            provider.GetRequiredService<ProviderAccounts>()
        ));
        services.AddSingleton<IGaugePart, ProviderGauges>();
        services.AddSingleton<VoicePreviews>();
        services.AddSingleton<LexiconVoices>();
        services.AddSingleton<IErasePart, LexiconsErasure>();
        services.AddSingleton<IExportPart, LexiconsExport>();
        services.AddSingleton(
            new NameSource(LexiconSummary.Prefix, "select id, name from voices.lexicons where id = any($1)")
        );
        services.AddSingleton(
            new NameSource(Character.Prefix, "select id, name from voices.characters where id = any($1)")
        );
        services.AddHealthChecks().AddCheck<EnginesHealth>("engines");
        services.AddHostedService<CatalogueRefresh>();
        AddCharacters(services, configuration);
    }

    /// <inheritdoc/>
    public void AddEventing(EventingBuilder eventing)
    {
        eventing.Schema(Name, typeof(VoicesModule).Assembly);
        eventing.Event("voices.character_created.v1", VoicesJson.Default.CharacterCreated);
        eventing.Event("voices.character_changed.v1", VoicesJson.Default.CharacterChanged);
        eventing.Event("voices.character_published.v1", VoicesJson.Default.CharacterPublished);
        eventing.Event("voices.character_unpublished.v1", VoicesJson.Default.CharacterUnpublished);
        eventing.Event("voices.character_pictured.v1", VoicesJson.Default.CharacterPictured);
        eventing.Event("voices.character_picture_deleted.v1", VoicesJson.Default.CharacterPictureDeleted);
        eventing.Event("voices.consent_given.v1", VoicesJson.Default.ConsentGiven);
        eventing.Event("voices.consent_withdrawn.v1", VoicesJson.Default.ConsentWithdrawn);
        eventing.Event("voices.voice_cloned.v1", VoicesJson.Default.VoiceCloned);
        eventing.Event("voices.clone_failed.v1", VoicesJson.Default.CloneFailed);
        eventing.Event("voices.clone_deleted.v1", VoicesJson.Default.CloneDeleted);
        eventing.Event("voices.character_deleted.v1", VoicesJson.Default.CharacterDeleted);
        eventing.Stream("character", Character.Initial, Character.Evolve, VoicesJson.Default.Character);
        eventing.Project(new CharacterViewProjection());
        eventing.Lane(Lane, parallelism: 2);
        eventing.Message<CloneVoice, CloneVoiceHandler>("voices.clone_voice.v1", Lane, VoicesJson.Default.CloneVoice);
        eventing.Message<DeleteClone, DeleteCloneHandler>(
            "voices.delete_clone.v1",
            Lane,
            VoicesJson.Default.DeleteClone
        );
        eventing.Message<DeleteCharacterFiles, DeleteCharacterFilesHandler>(
            "voices.delete_character_files.v1",
            Lane,
            VoicesJson.Default.DeleteCharacterFiles
        );
        eventing.Message<DeleteCharacterFolder, DeleteCharacterFolderHandler>(
            "voices.delete_character_folder.v1",
            Lane,
            VoicesJson.Default.DeleteCharacterFolder
        );
        LexiconState.Register(eventing);
    }

    /// <inheritdoc/>
    public void MapEndpoints(IEndpointRouteBuilder api)
    {
        VoicesEndpoint.Map(api);
        ModelsEndpoint.Map(api);
        PreviewVoiceEndpoint.Map(api);
        CreateLexiconEndpoint.Map(api);
        ReadLexiconsEndpoints.Map(api);
        LexiconHistoryEndpoints.Map(api);
        ChangeLexiconEndpoints.Map(api);
        TestLexiconEndpoint.Map(api);
        CreateCharacterEndpoint.Map(api);
        ShowCharactersEndpoints.Map(api);
        CharacterHistoryEndpoints.Map(api);
        ChangeCharacterEndpoint.Map(api);
        DeleteCharacterEndpoint.Map(api);
        ImageEndpoints.Map(api);
        CharacterFileEndpoints.Map(api);
        ConsentEndpoints.Map(api);
        StarCharacterEndpoints.Map(api);
        CharacterPreviews.Map(api);
    }

    private static void AddCharacters(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<CharactersSettings>(configuration, "Characters");
        services.TryAddSingleton<ImageRewriter>(); // Accounts needs it, too
        services.AddSingleton<PitchShift>();
        services.AddSingleton<SampleReader>();
        services.AddSingleton<CharacterPictures>();
        services.AddSingleton<CharacterRows>();
        services.AddSingleton<BaseVoices>();
        services.AddSingleton(provider => new CharacterVoices(
            provider.GetRequiredService<EventStore>(),
            provider.GetRequiredService<BaseVoices>()
        ));
        services.AddSingleton<CharacterSpeech>();
        services.AddSingleton(provider => new VoiceDirectory(
            provider.GetRequiredService<VoiceCatalogue>(),
            provider.GetRequiredService<CharacterVoices>(),
            provider.GetRequiredService<CharacterSpeech>()
        ));
        services.AddSingleton<CharacterPreviews>();
        services.AddSingleton<IErasePart, CharactersErasure>();
        services.AddSingleton<IExportPart, CharactersExport>();
        services.AddSingleton<CharacterFileSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<CharacterFileSweep>());
    }
}
