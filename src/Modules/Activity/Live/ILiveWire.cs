namespace Lectern.Activity.Live;

/// <summary>How messages get to a client. One caller at a time.</summary>
internal interface ILiveWire
{
    /// <summary>Says at once that the connection stands.</summary>
    Task BeginAsync();

    /// <summary>Writes a message; it may stay here until the flush.</summary>
    ValueTask WriteAsync(LiveMessage message);

    /// <summary>Sends what was written.</summary>
    ValueTask FlushAsync();

    /// <summary>Shows that the connection lives.</summary>
    ValueTask BeatAsync();

    /// <summary>Says why it ends, and ends.</summary>
    Task EndAsync(LiveEnd end);

    /// <summary>Cuts it off.</summary>
    void Abort();
}
