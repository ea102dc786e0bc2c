// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Loads the library that lies beside the classes in the jar. */
final class NativeLibrary {
  private NativeLibrary() {}

  static void load() {
    String name = "libringmap-java-" + System.getProperty("os.arch") + ".so";
    try (InputStream library = NativeLibrary.class.getResourceAsStream(name)) {
      if (library == null) {
        throw new UnsatisfiedLinkError("this jar has no " + name + ": build it on such a machine");
      }
      Path file = Files.createTempFile("libringmap-java", ".so");
      try {
        Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
        System.load(file.toString());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
