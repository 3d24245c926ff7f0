using System.ComponentModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.SharedKernel.Settings;

/// <summary>A class of settings and where it is bound from.</summary>
/// <param name="Path">The configuration section, for example <c>Lectern:Http</c>.</param>
/// <param name="Type">A class whose public properties are the settings; their initial values are the defaults.</param>
public sealed record SettingsSection(string Path, Type Type);

/// <summary>
/// Every setting of the host and of the modules: checks what was configured, and is what docs/configuration.md is
/// generated from.
/// </summary>
public sealed class SettingsCatalogue(IEnumerable<SettingsSection> sections)
{
    private const string Root = "Lectern";

    /// <summary>The settings, in the order in which they were registered.</summary>
    public IReadOnlyList<Setting> Settings { get; } =
    [.. sections.SelectMany(section => Setting.Of(section.Path, section.Type))];

    /// <summary>The catalogue of what has been registered so far.</summary>
    public static SettingsCatalogue Of(IServiceCollection services) =>
        new(services.Select(service => service.ImplementationInstance).OfType<SettingsSection>());

    /// <summary>One line for each value that doesn't fit.</summary>
    public IReadOnlyList<string> CheckValues(IConfiguration configuration) =>
        [.. Settings.SelectMany(setting => setting.PlacesIn(configuration).Select(setting.Check)).OfType<string>()];

    /// <summary>One line for each name below <c>Lectern</c> that nobody knows: a typing error would else do nothing.</summary>
    public IReadOnlyList<string> CheckNames(IConfiguration configuration) =>
        [.. Unknown(configuration.GetSection(Root)).Select(key => $"{key} is not a setting of this program.")];

    private IEnumerable<string> Unknown(IConfigurationSection section)
    {
        foreach (var child in section.GetChildren())
        {
            if (Settings.Any(setting => setting.IsAt(child.Path, whole: true)))
                continue;
            if (Settings.Any(setting => setting.IsAt(child.Path, whole: false)))
            {
                foreach (var key in Unknown(child))
                    yield return key;
            }
            else
            {
                yield return child.Path;
            }
        }
    }
}

/// <summary>Registers settings.</summary>
public static class SettingsRegistration
{
    /// <summary>
    /// Binds <typeparamref name="T"/> to <c>Lectern:name</c> (in the environment <c>Lectern__name__Property</c>), and
    /// puts it into the catalogue. Read it as <c>IOptions&lt;T&gt;</c>. Each property needs a
    /// <see cref="DescriptionAttribute"/>; a secret one <c>[DataType(DataType.Password)]</c>, so that no message shows it.
    /// </summary>
    public static IServiceCollection AddSettings<T>(
        this IServiceCollection services,
        IConfiguration configuration,
        string name
    )
        where T : class, new()
    {
        var path = "Lectern:" + name;
        services.AddSingleton(new SettingsSection(path, typeof(T)));
        services.AddOptions<T>().Bind(configuration.GetSection(path)).ValidateDataAnnotations().ValidateOnStart();
        return services;
    }
}
