using System.CommandLine;

namespace Lectern.Host.Commands;

/// <summary><c>lectern serve</c>: answers requests and makes what was asked for, until it is stopped.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Serve the API and work on jobs until stopped (the default).");
        command.SetAction((_, _) => ServeAsync());
        return command;
    }

    /// <summary>Runs until SIGINT or SIGTERM, then drains.</summary>
    public static async Task<int> ServeAsync()
    {
        await using var app = LecternHost.Build();
        await app.RunAsync();
        return 0;
    }
}
