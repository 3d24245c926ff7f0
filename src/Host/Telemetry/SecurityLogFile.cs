using System.Globalization;
using System.Text.Json;
using Lectern.SharedKernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lectern.Host.Telemetry;

/// <summary>
/// Writes the log category of security events to a file of its own, a JSON object a line. When it is full it is put
/// aside as <c>.1</c>, and the oldest is deleted. A disk that is full loses lines and never a request.
/// </summary>
internal sealed class SecurityLogFile(string path, long mostBytes, int kept, TimeProvider time)
    : ILoggerProvider,
        ILogger
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _writing = new();
    private FileStream? _file;

    public ILogger CreateLogger(string categoryName) =>
        categoryName == SecurityEvents.Category ? this : NullLogger.Instance;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> fields)
            return;
        var line = LineOf(logLevel, eventId, fields);
        lock (_writing)
        {
            try
            {
                Append(line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Close(); // standard output has the line; the next one tries again
            }
        }
    }

    public void Dispose()
    {
        lock (_writing)
            Close();
    }

    private byte[] LineOf(LogLevel level, EventId id, IEnumerable<KeyValuePair<string, object?>> fields)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString(
                "at",
                time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            );
            json.WriteString("level", level.ToString());
            json.WriteNumber("id", id.Id);
            foreach (var (name, value) in fields)
            {
                if (value is long number)
                    json.WriteNumber(name, number);
                else
                    json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
            }

            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    private void Append(ReadOnlySpan<byte> line)
    {
        _file ??= Open();
        if (_file.Length > 0 && _file.Length + line.Length > mostBytes)
        {
            Close();
            PutAside();
            _file = Open();
        }

        _file.Write(line);
    }

    private void Close()
    {
        var file = _file;
        _file = null;
        file?.Dispose();
    }

    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = OwnerOnly,
                BufferSize = 0, // else a line that the disk didn't take is tried again, and thrown for, when it is closed
            }
        );
    }

    private void PutAside()
    {
        File.Delete(Aside(kept));
        for (var number = kept - 1; number > 0; number--)
            if (File.Exists(Aside(number)))
                File.Move(Aside(number), Aside(number + 1));
        if (kept > 0)
            File.Move(path, Aside(1));
        else
            File.Delete(path);
    }

    private string Aside(int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
}
